import { startRounds } from './rounds.ts'

export interface WorkflowStarter {
  /** Has one looked at by its workflow at once. Never throws. */
  readonly wake: (id: string) => void
  /** No further round; resolves when what is under way has ended. */
  readonly stop: () => Promise<void>
}

export interface WorkflowStarterOptions {
  /** Ids of what is under way by SQL. */
  readonly list: () => Promise<string[]>
  /** Starts the workflow of one where there is none. */
  readonly ensure: (id: string) => Promise<void>
  /** Tells the workflow of one that there is something to do. */
  readonly tell: (id: string) => Promise<void>
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number | undefined
}

/**
 * Makes sure that whatever is under way in SQL has its workflow: at once where it was begun here, within
 * seconds where the engine was away, or where a process died between the row and the start.
 */
export function startWorkflowStarter({
  list,
  ensure,
  tell,
  onError,
  everyMs = 5_000,
}: WorkflowStarterOptions): WorkflowStarter {
  const waking = new Set<Promise<void>>()
  const ensureAll = async (): Promise<void> => {
    for (const id of await list()) await ensure(id)
  }
  const rounds = startRounds(ensureAll, { everyMs, onError })
  return {
    wake: (id) => {
      const woken = tell(id)
        .catch(onError)
        .finally(() => waking.delete(woken))
      waking.add(woken)
    },
    stop: async () => {
      await Promise.all([rounds.stop(), ...waking])
    },
  }
}
