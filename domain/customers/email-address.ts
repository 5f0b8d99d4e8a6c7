/** What an e-mail address is: the only file that asks the libraries that know it. */
import { toASCII } from 'tr46'
import validator from 'validator'
import { isDisposableDomain } from './disposable-domains.ts'
import { suggestDomain } from './domain-typos.ts'

export type EmailProblem =
  | 'empty'
  | 'no_at_sign'
  | 'no_local_part'
  | 'no_domain'
  | 'too_long'
  | 'bad_local_part'
  | 'bad_domain'

export interface EmailAddress {
  readonly ok: true
  /** As messages are sent to it: local part as it was written, domain in lower case and ASCII. */
  readonly address: string
  /** What it is compared by: all of it in lower case. Two addresses with one key are one mailbox. */
  readonly key: string
  /** Of a service that gives away mailboxes for minutes. */
  readonly disposable: boolean
  /** Of a post, not of a person: `info@`, `sales@`. */
  readonly role: boolean
  /** The address that was probably meant, where the domain looks mistyped. Never taken silently. */
  readonly suggestion: string | null
}

export interface NoEmailAddress {
  readonly ok: false
  readonly problem: EmailProblem
  /** What can be read out of it by taking away what does not belong there. Never taken silently. */
  readonly suggestion: string | null
}

/** RFC 5321: a path of 256 octets, less its brackets. */
const ADDRESS_BYTES_MAX = 254

const RULES = {
  allow_display_name: false,
  allow_ip_domain: false,
  require_tld: true,
  // Quoted local parts: allowed by the standard, used by nobody, and refused by many servers.
  blacklisted_chars: '"',
} as const

/**
 * An address that mail can be sent to, as far as its text tells. White space around it is taken off
 * and the domain is brought to lower case and ASCII (`Bücher.DE` → `xn--bcher-kva.de`): both mean the same
 * mailbox to every server. Capitals of the local part stay, since it is the server's to tell them apart.
 *
 * Stricter than the standard where the standard allows what no mailbox of a customer has: comments,
 * quoted local parts, IP addresses, domains of one label.
 */
export function readEmail(text: string): EmailAddress | NoEmailAddress {
  const read = parse(text)
  if (typeof read !== 'string') return read
  const mended = mendings(text)
    .map(parse)
    .find((each) => typeof each !== 'string')
  return { ok: false, problem: read, suggestion: mended?.address ?? null }
}

function parse(text: string): EmailAddress | EmailProblem {
  const trimmed = text.trim()
  if (trimmed === '') return 'empty'
  if (trimmed.length > ADDRESS_BYTES_MAX) return 'too_long'
  const at = trimmed.lastIndexOf('@')
  if (at === -1) return 'no_at_sign'
  if (at === 0) return 'no_local_part'
  if (at === trimmed.length - 1) return 'no_domain'
  const local = trimmed.slice(0, at).normalize('NFC')
  const domain = toASCII(trimmed.slice(at + 1), IDNA)
  if (domain === null || !validator.isEmail(`a@${domain}`, RULES)) return 'bad_domain'
  const address = `${local}@${domain}`
  if (address.length > ADDRESS_BYTES_MAX) return 'too_long'
  if (!validator.isEmail(address, RULES)) return 'bad_local_part'
  const meant = suggestDomain(domain)
  return {
    ok: true,
    address,
    key: address.toLowerCase(),
    disposable: isDisposableDomain(domain),
    role: ROLES.has(local.toLowerCase()),
    suggestion: meant === null ? null : `${local}@${meant}`,
  }
}

const IDNA = { checkBidi: true, checkJoiners: true, useSTD3ASCIIRules: true, verifyDNSLength: true }

/** One thing after the other that people and programs leave in a field for an address. */
function mendings(text: string): string[] {
  const bare = text.trim().slice(0, 2 * ADDRESS_BYTES_MAX)
  const inBrackets = /<([^<>]+)>/.exec(bare)?.[1] ?? bare
  const unlabelled = inBrackets.replace(/^mailto:/i, '')
  const unpunctuated = unlabelled.replaceAll(/^[\s"'(<[,;:]+|[\s"')>\],;:.]+$/g, '')
  const closed = unpunctuated.replaceAll(/\s/g, '')
  const dotted = closed.replaceAll(',', '.').replaceAll(/\.{2,}/g, '.')
  return [inBrackets, unlabelled, unpunctuated, closed, dotted]
}

const ROLES: ReadonlySet<string> = new Set([
  'abuse',
  'admin',
  'billing',
  'contact',
  'hello',
  'help',
  'hostmaster',
  'info',
  'jobs',
  'kontakt',
  'mail',
  'marketing',
  'newsletter',
  'no-reply',
  'noreply',
  'office',
  'postmaster',
  'press',
  'privacy',
  'root',
  'sales',
  'service',
  'support',
  'team',
  'webmaster',
])
