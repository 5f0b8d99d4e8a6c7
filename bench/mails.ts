import type { BenchCustomer } from './customers.ts'
import type { System } from './system.ts'

/**
 * The instants at which each customer's next mail has been handed over, by workflow id.
 *
 * @throws {Error} saying how many are missing, after `withinMs`
 */
export function watchMails(
  { onMail }: System,
  customers: readonly BenchCustomer[],
  withinMs: number,
): Promise<Map<string, number>> {
  const missing = new Map(customers.map(({ email, workflowId }) => [email, workflowId]))
  const at = new Map<string, number>()
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer)
      onMail.delete(listener)
    }
    const listener = (to: string, atMs: number): void => {
      const workflowId = missing.get(to)
      if (workflowId === undefined) return
      missing.delete(to)
      at.set(workflowId, atMs)
      if (missing.size > 0) return
      finish()
      resolve(at)
    }
    const timer = setTimeout(() => {
      finish()
      reject(
        new Error(`After ${withinMs / 1_000} s ${missing.size} of ${customers.length} mails miss.`),
      )
    }, withinMs)
    onMail.add(listener)
  })
}
