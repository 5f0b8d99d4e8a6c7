import type { ArbitrationRequest, Candidate, Cause, Fate, Outcome } from './arbitration.ts'

/** What brought a decision about, for people. */
export function describeCause(cause: Cause): string {
  switch (cause.type) {
    case 'event':
      return cause.event
    case 'lifecycle':
      return `lifecycle ${cause.to}`
    case 'date':
      return `date ${cause.trait}`
    case 'run_ended':
      return `end of ${cause.journey}`
    case 'lock_released':
      return `end of the lock of ${cause.journey}`
    case 'step_finished':
      return `${cause.journey} has finished its step`
    case 'exclusion_released':
      return `end of the exclusion ${cause.reason}`
    case 'sends_released':
      return `sends released: ${cause.reason}`
    case 'merged':
      return 'merge'
    default:
      return cause satisfies never
  }
}

/** What was decided, as far as the line for people goes. */
interface Decided {
  readonly outcome: Outcome
  /** In the foreground. */
  readonly winner: Candidate | null
  /** In the service lane. */
  readonly beside: readonly Candidate[]
  /** The winner waits for the running journey to finish its step. */
  readonly waits: boolean
  readonly fates: readonly Fate[]
}

/** A decision in one line: `Order Completed → switch from welcome to second-purchase`. */
export function summarise({ active, cause }: ArbitrationRequest, decided: Decided): string {
  const { outcome, winner, fates } = decided
  const because = describeCause(cause)
  const beside = decided.beside.map(({ journey }) => journey).join(', ')
  const names = (fate: Fate['fate']): string =>
    fates
      .filter((each) => each.fate === fate)
      .map((each) => each.journey)
      .join(', ')
  const line = (): string => {
    switch (outcome) {
      case 'enter':
        return winner === null ? `enter ${beside}` : `enter ${winner.journey}`
      case 'resume':
        return `resume ${winner?.journey}`
      case 'switch':
        return `switch from ${active?.journey} to ${winner?.journey}`
      case 'queue':
        return `${active === null ? 'queue' : `stay in ${active.journey}, queue`} ${names('queue')}`
      case 'stay':
        return active === null ? 'nothing to start' : `stay in ${active.journey}`
      case 'reject':
        return `reject ${names('reject')}`
    }
  }
  const wait = decided.waits ? ' when its step is over' : ''
  const lane = beside === '' ? '' : winner === null ? besideOf(active) : `, ${beside} beside it`
  return `${because} → ${line()}${wait}${lane}`
}

const besideOf = (active: ArbitrationRequest['active']): string =>
  active === null ? '' : ` beside ${active.journey}`
