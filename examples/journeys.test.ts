import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from '../dev/demo/customers.ts'
import { channelSpec } from '../domain/channels/index.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import type { JsonObject } from '../domain/json.ts'
import { renderTemplate, type TemplateScope } from '../domain/templates.ts'

const folder = new URL('journeys/', import.meta.url)
const cast = demoCustomers(readRetailExtract(), {
  nowMs: Date.parse('2026-11-25T15:30:00Z'),
  runId: 'a1',
})

describe.each(readdirSync(folder))('%s', (file) => {
  const definition: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
  const { journey, findings, effects } = checkJourney(definition)

  test('can be published as it is', () => {
    expect(findings).toEqual([])
    expect(journey).toEqual(definition)
  })

  test('is named after its key', () => {
    expect(`${journey?.key}.json`).toBe(file)
  })

  const messages = Object.values(journey?.messages ?? {})
  const mails = messages.flatMap(({ email }) => email ?? [])

  test('sends mails, and nothing else but what it is there to show', () => {
    expect(effects.channels).toEqual(BESIDE_MAILS[file] ?? ['email'])
  })

  test('has a plain text beside every mail', () => {
    for (const { html, text } of mails) {
      expect(text).toBeTypeOf('string')
      expect(html).toContain('<meta name="viewport"')
    }
  })

  test.runIf(journey?.class === 'marketing')('shows where to unsubscribe in every mail', () => {
    for (const { html, text } of mails) {
      expect(html).toContain('<a href="{{ unsubscribeUrl }}"')
      expect(text).toContain('{{ unsubscribeUrl }}')
    }
  })

  test('reads well for everybody who enters', () => {
    const triggers = (journey?.entry.on ?? []).map((trigger) =>
      'event' in trigger ? trigger.event : null,
    )
    // Somebody whom an audience lets in, like somebody whose state has changed, brings no properties.
    const readers = (triggers.length === 0 ? [null] : triggers).flatMap(readersOf)
    expect(readers.length).toBeGreaterThan(0)
    for (const { firstName, scope } of readers) {
      for (const { onsite } of messages) {
        if (onsite === undefined) continue
        const shown = JSON.stringify(channelSpec('onsite').render(onsite, scope))
        expect(shown).not.toMatch(UNREADABLE)
        expect(shown).not.toContain(firstName)
      }
      for (const mail of mails) {
        const subject = renderTemplate(mail.subject, scope)
        const html = renderTemplate(mail.html, scope, 'html')
        const text = renderTemplate(mail.text ?? '', scope)
        expect(subject.length).toBeLessThan(80)
        expect(`${subject}${html}${text}`).not.toMatch(UNREADABLE)
        expect(`${subject}${html}`).toContain(firstName)
      }
      for (const { agent_task: task } of messages) {
        if (task === undefined) continue
        const { title, text, reason } = channelSpec('agent_task').render(task, scope)
        expect(`${title}${text}${reason}`).not.toMatch(UNREADABLE)
        expect(text).toContain(firstName)
      }
    }
  })
})

/** What nobody is to read. */
const UNREADABLE = /\{\{|\{%|undefined|object Object/

/** Channels of those that send more than mails. */
const BESIDE_MAILS: Readonly<Record<string, readonly string[]>> = {
  'hero-call.json': ['agent_task', 'email'],
  'browsing-lead-popup.json': ['onsite'],
}

/** What happens to nobody in the demo. */
const ELSEWHERE: Readonly<Record<string, JsonObject>> = {
  'Product Viewed': { product_id: 'p-7', name: 'TWO-PERSON TENT', category: 'Tents' },
  'Product Added': { cart_id: 'c-1', product_id: 'p-1', name: 'Blue bowl' },
  'Raffle Entered': { raffle: 'winter' },
  'Case Opened': { order_id: 'o-99', case: 'c-1', case_type: 'late_delivery', case_severity: 2 },
}

/** Every customer of the demo to whom the event happens; null: a lifecycle change. */
function readersOf(name: string | null): { firstName: string; scope: TemplateScope }[] {
  return cast.flatMap(({ traits, events, startsAtMs }) => {
    const told = name === null ? undefined : ELSEWHERE[name]
    const happened =
      name === null
        ? [undefined]
        : told === undefined
          ? events.filter(({ event }) => event === name)
          : [{ event: name, atMs: startsAtMs, properties: told }]
    return happened.map((event) => {
      const at = new Date(event?.atMs ?? startsAtMs).toISOString()
      const entry = {
        name: event?.event ?? 'Lifecycle Changed',
        properties: event?.properties ?? {},
        occurredAt: at,
        receivedAt: at,
      }
      const scope: TemplateScope = {
        customer: { traits, lifecycle: 'new', consent: { marketing: true } },
        event: entry,
        entry,
        counts: {},
        unsubscribeUrl: 'https://mail.example.com/u/abc',
        nowMs: Date.parse(at),
        zone: 'UTC',
      }
      return { firstName: traits.firstName, scope }
    })
  })
}
