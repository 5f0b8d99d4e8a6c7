import { checkContactPolicy } from '../contact/check-policy.ts'
import type { ContactPolicy } from '../contact/policy.ts'
import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import { readParts } from '../journeys/read-parts.ts'
import type { Journey, JourneyMessage } from '../journeys/journey.ts'
import { textsOf, textsOfMessage } from '../journeys/message-texts.ts'
import { checkLibraryMessage } from './check-library-message.ts'
import { libraryContent, messageOf, type LibraryMessage } from './library-message.ts'
import {
  mentionsAmong,
  mentionsIn,
  renewed,
  renewedIn,
  type Mention,
  type Search,
} from './mentions.ts'
import type { RenewedKind } from './renewal.ts'
import { takeMessages, type Shelf } from './take-messages.ts'

/** What is published now. */
export interface Published<Document> {
  readonly document: Document
  readonly version: number
  readonly hash: string
}

/** A document that mentions the text, or takes a message that does, and what would take its place. */
export interface PlannedChange<
  Document = Journey | LibraryMessage | ContactPolicy,
> extends Published<Document> {
  readonly kind: RenewedKind
  readonly key: string
  readonly mentions: readonly Mention[]
  /** Keys of messages of the library that it would take anew. */
  readonly takes: readonly string[]
  readonly renewed: Document
}

export interface RenewalPlan {
  readonly messages: readonly PlannedChange<LibraryMessage>[]
  readonly journeys: readonly PlannedChange<Journey>[]
  /** None where its messages do not mention it. */
  readonly policies: readonly PlannedChange<ContactPolicy>[]
  /** Of all drafts, each under `/messages/<key>`, `/journeys/<key>` or `/contact-policy`. */
  readonly findings: readonly Finding[]
}

/** What would be published to replace a text everywhere, and all that speaks against it. */
export function planRenewal(
  now: {
    /** Each message of the library in its latest version. */
    readonly messages: readonly Published<LibraryMessage>[]
    /** Each journey that takes entries. */
    readonly journeys: readonly Published<Journey>[]
    /** The contact policy in force, where one was published. */
    readonly policies: readonly Published<ContactPolicy>[]
  },
  search: Search,
  hashOf: (content: object) => string,
): RenewalPlan {
  const messages = now.messages.flatMap((published): PlannedChange<LibraryMessage>[] => {
    const { document } = published
    const mentions = mentionsIn('', messageOf(document), search)
    if (mentions.length === 0) return []
    const draft = { ...document, ...renewed(messageOf(document), search) }
    return [
      { ...published, kind: 'message', key: document.key, mentions, takes: [], renewed: draft },
    ]
  })
  const library: Library = {
    latest: new Map(now.messages.map((message) => [message.document.key, message])),
    drafts: new Map(messages.map((each) => [each.key, each.renewed])),
    hashOf,
  }
  const journeys = now.journeys.map((journey) => renewJourney(journey, library, search))
  const policies = now.policies.flatMap((policy) => renewPolicy(policy, search))
  return {
    messages,
    journeys: journeys.flatMap(({ change }) => change ?? []),
    policies,
    findings: [
      ...messages.flatMap(({ key, renewed: draft }) =>
        under(child('/messages', key), checkLibraryMessage(draft).findings),
      ),
      ...journeys.flatMap(({ findings }) => findings),
      ...policies.flatMap(({ renewed: draft }) =>
        under('/contact-policy', checkContactPolicy(draft).findings),
      ),
    ],
  }
}

function renewPolicy(
  published: Published<ContactPolicy>,
  search: Search,
): PlannedChange<ContactPolicy>[] {
  const { document: policy } = published
  const texts = Object.entries(policy.messages ?? {}).flatMap(([name, message]) =>
    textsOfMessage(child('/messages', name), message),
  )
  const mentions = mentionsAmong(texts, search)
  if (mentions.length === 0) return []
  const draft = renewedIn(policy, texts, search)
  const kind = 'contact-policy'
  return [{ ...published, kind, key: kind, mentions, takes: [], renewed: draft }]
}

interface Library {
  readonly latest: ReadonlyMap<string, Published<LibraryMessage>>
  /** What takes the place of the latest. */
  readonly drafts: ReadonlyMap<string, LibraryMessage>
  readonly hashOf: (content: object) => string
}

function renewJourney(
  published: Published<Journey>,
  library: Library,
  search: Search,
): { change: PlannedChange<Journey> | null; findings: Finding[] } {
  const { document: journey } = published
  const root = child('/journeys', journey.key)
  const mentions: Mention[] = []
  const takes = new Set<string>()
  const findings: Finding[] = []
  const messages = Object.entries(journey.messages ?? {}).map(
    ([name, message]): [string, JourneyMessage] => {
      const path = child('/messages', name)
      const { use, hash } = message
      const found = mentionsIn(path, message, search)
      if (use === undefined) {
        mentions.push(...found)
        return [name, found.length === 0 ? message : renewed(message, search)]
      }
      if (library.latest.get(use)?.hash === hash) {
        if (!library.drafts.has(use)) return [name, message]
        takes.add(use)
        return [name, { use }]
      }
      if (found.length > 0) findings.push(olderVersion(root + path, use))
      return [name, message]
    },
  )
  const calls = textsOf(readParts(journey)).filter(({ use }) => use === 'call')
  mentions.push(...mentionsAmong(calls, search))
  if (mentions.length === 0 && takes.size === 0) return { change: null, findings }
  const called = renewedIn(journey, calls, search)
  const draft =
    journey.messages === undefined ? called : { ...called, messages: Object.fromEntries(messages) }
  const taken = takeMessages(draft, (message) => shelfOf(message, library))
  findings.push(...under(root, taken.findings))
  const change: PlannedChange<Journey> = {
    ...published,
    kind: 'journey',
    key: journey.key,
    mentions,
    takes: [...takes],
    renewed: taken.journey,
  }
  return { change, findings }
}

/** One that stays with its version holds all that the version says. */
function shelfOf({ use = '', hash, ...said }: JourneyMessage, library: Library): Shelf | undefined {
  const document = library.drafts.get(use) ?? library.latest.get(use)?.document
  if (document === undefined) return undefined
  return {
    latest: { hash: library.hashOf(libraryContent(document)), document },
    ...(hash === undefined ? {} : { named: { hash, document: { key: use, ...said } } }),
  }
}

const olderVersion = (path: string, key: string): Finding => ({
  code: 'older_version_used',
  path,
  message: `This stays with a version of the message "${key}" that is not the latest, and mentions it. Publish the journey with the latest first.`,
  severity: 'error',
})

const under = (root: string, findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, path: root + finding.path }))
