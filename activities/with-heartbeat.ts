const HEARTBEAT_MS = 2_000

/** Reports at once and then regularly while `work` runs, so that a killed worker is noticed. */
export async function withHeartbeat<T>(heartbeat: () => void, work: () => Promise<T>): Promise<T> {
  heartbeat()
  const timer = setInterval(heartbeat, HEARTBEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
