import { ScheduleNotFoundError, type Client } from '@temporalio/client'

const ANSWERS_WITHIN_MS = 10_000

/** A call about schedules, given up where the engine does not answer. */
export const withinTime = <T>(client: Client, call: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + ANSWERS_WITHIN_MS, call)

/** Takes a schedule away, if it is there. */
export async function removeSchedule(client: Client, scheduleId: string): Promise<void> {
  try {
    await client.schedule.getHandle(scheduleId).delete()
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
  }
}
