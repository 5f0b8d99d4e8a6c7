import { finished } from 'node:stream/promises'
import type { Worker as Thread } from 'node:worker_threads'

/**
 * Bytes in use in a thread's heap right after a full collection. Taking a heap snapshot is the one
 * way to have another thread collect; the snapshot itself is thrown away.
 */
export async function usedHeapBytes(thread: Thread): Promise<number> {
  const snapshot = await thread.getHeapSnapshot()
  snapshot.resume()
  await finished(snapshot)
  return (await thread.getHeapStatistics()).used_heap_size
}
