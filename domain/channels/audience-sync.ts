import { readEmail } from '../customers/email-address.ts'
import { readPhone } from '../customers/phone-number.ts'
import type { AdPlatform } from '../journeys/values.ts'
import type { JsonObject } from '../json.ts'
import type { ChannelSpec } from './channel-spec.ts'

type IdentifierKind = 'email' | 'phone'

/** SHA-256 in hexadecimal of an identifier as its platform writes it. */
export interface HashedIdentifier {
  readonly kind: IdentifierKind
  readonly sha256: string
}

/** What a platform knows a customer by, before it is hashed: `email:…` and `phone:…`, one in each line. */
export const audienceSync: ChannelSpec<'audience_sync'> = {
  destination: (traits, content) => {
    const lines = identifiersOf(traits, content?.platform ?? 'meta')
    return lines.length === 0 ? null : lines.join('\n')
  },
  plain: (address) => address,
  templates: () => [],
  render: (content) => content,
}

/** The lines of a destination, hashed. */
export const hashedIdentifiers = (
  destination: string,
  sha256: (text: string) => string,
): HashedIdentifier[] =>
  destination.split('\n').map((line) => {
    const colon = line.indexOf(':')
    return { kind: line.slice(0, colon) as IdentifierKind, sha256: sha256(line.slice(colon + 1)) }
  })

/** Whether platforms may know a customer by something else since the traits changed. */
export const isKnownAnew = (before: JsonObject, after: JsonObject): boolean =>
  before['email'] !== after['email'] || before['phone'] !== after['phone']

function identifiersOf({ email, phone }: JsonObject, platform: AdPlatform): string[] {
  const mailbox = typeof email === 'string' ? readEmail(email) : undefined
  const line = typeof phone === 'string' ? readPhone(phone) : undefined
  return [
    ...(mailbox?.ok === true ? [`email:${emailAs(platform, mailbox.address)}`] : []),
    ...(line?.ok === true ? [`phone:${phoneAs(platform, line.e164)}`] : []),
  ]
}

const GOOGLE_MAIL = new Set(['gmail.com', 'googlemail.com'])

/** Small letters for both. Google alone looks past dots and what follows a plus, and only in its own mailboxes. */
function emailAs(platform: AdPlatform, address: string): string {
  const small = address.toLowerCase()
  const at = small.lastIndexOf('@')
  const [local, domain] = [small.slice(0, at), small.slice(at + 1)]
  if (platform !== 'google' || !GOOGLE_MAIL.has(domain)) return small
  return `${local.replace(/\+.*$/, '').replaceAll('.', '')}@${domain}`
}

/** Google hashes numbers with their plus, Meta digits alone. */
const phoneAs = (platform: AdPlatform, e164: string): string =>
  platform === 'google' ? e164 : e164.replace(/^\+/, '')
