import { customerWorkflowId } from '../workflows/customer-messages.ts'

/** Where the Temporal UI shows a customer's actor. */
export function actorUrl(
  { url, namespace }: { url: string; namespace: string },
  customerId: string,
): string {
  const workflow = encodeURIComponent(customerWorkflowId(customerId))
  return `${url}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflow}`
}
