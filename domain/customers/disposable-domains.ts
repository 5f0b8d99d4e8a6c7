import { DISPOSABLE_DOMAINS } from './disposable-domain-list.ts'

const listed: ReadonlySet<string> = new Set(DISPOSABLE_DOMAINS)

/** Whether a domain, or one that it lies under, gives away mailboxes for minutes. */
export function isDisposableDomain(domain: string): boolean {
  const labels = domain.split('.')
  return labels.some((_, at) => at < labels.length - 1 && listed.has(labels.slice(at).join('.')))
}
