import { nowMs } from './now.ts'

/** Begins `work` for one item after the other, evenly; resolves when all has been done. */
export async function atPace<T>(
  items: readonly T[],
  perSecond: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const startedAtMs = nowMs()
  await Promise.all(
    items.map(async (item, index) => {
      const dueAtMs = startedAtMs + (index / perSecond) * 1_000
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAtMs - nowMs())))
      await work(item)
    }),
  )
}

/** Does `work` for every item, at most `lanes` of them at once; resolves when all has been done. */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
