import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow'

/** One event, or several at once. */
export const happened = defineSignal<[readonly object[]]>('events')
const total = defineQuery<number>('total')

/** The least that an actor can be: counts signals, keeps nothing, decides nothing. */
export async function floor(): Promise<void> {
  let signals = 0
  setHandler(happened, () => {
    signals++
  })
  setHandler(total, () => signals)
  await condition(() => false)
}
