import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DISPOSABLE_DOMAINS } from './disposable-domain-list.ts'
import { readEmail } from './email-address.ts'

interface Case {
  readonly id: number
  readonly address: string
  readonly category: string
  readonly diagnosis: string
}
const CASES = JSON.parse(
  readFileSync(new URL('../../test/reference/email-addresses.json', import.meta.url), 'utf8'),
) as Case[]

/** Whether we take addresses of a category of isemail, and why. */
const TAKEN: Readonly<Record<string, boolean>> = {
  VALID: true,
  // Valid by its text; whether a domain answers today is the send's to find out.
  DNSWARN: true,
  // Quoted local parts and IP addresses: for SMTP, but no mailbox of a customer.
  RFC5321: false,
  // Valid in a message's header, not as an address to send to.
  CFWS: false,
  DEPREC: false,
  RFC5322: false,
  ERR: false,
}

/** Where we differ from our own answer to the category, and why. */
const DEVIATIONS: Readonly<Record<number, string>> = {
  5: 'test@io: a domain of one label, which no provider of mailboxes uses',
  13: 'a top-level domain of one letter: there is none',
  33: 'a hyphen in the top-level domain: there is none',
  37: 'a top-level domain of one letter: there is none',
}

describe('the 164 reference cases of isemail', () => {
  test('are all there', () => {
    const counts = Object.fromEntries(
      Object.keys(TAKEN).map((name) => [name, CASES.filter((c) => c.category === name).length]),
    )
    expect(counts).toEqual({
      VALID: 14,
      DNSWARN: 8,
      RFC5321: 16,
      CFWS: 10,
      DEPREC: 20,
      RFC5322: 30,
      ERR: 66,
    })
    expect(CASES).toHaveLength(164)
  })

  test('get the verdict that we take for their category, but for those named', () => {
    const otherwise = CASES.filter(
      ({ address, category }) =>
        address === address.trim() && readEmail(address).ok !== TAKEN[category],
    )
    expect(otherwise.map(({ id }) => id)).toEqual(Object.keys(DEVIATIONS).map(Number))
  })

  test('24 are refused by isemail for white space around them alone, which we take off', () => {
    const padded = CASES.filter(({ address }) => address !== address.trim())
    const taken = padded.filter(({ address }) => readEmail(address).ok)
    expect(taken).toHaveLength(24)
    expect(new Set(taken.map(({ address }) => address.trim()))).toEqual(new Set(['test@iana.org']))
  })

  test('42 are taken in all', () => {
    expect(CASES.filter(({ address }) => readEmail(address).ok)).toHaveLength(18 + 24)
  })
})

describe('what may be changed safely', () => {
  test.each([
    ['  ada@example.com\n', 'ada@example.com'],
    ['Ada@Example.COM', 'Ada@example.com'],
    ['ada@Bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@ｅｘａｍｐｌｅ.com', 'ada@example.com'],
  ])('%j is %s', (text, address) => {
    expect(readEmail(text)).toMatchObject({ ok: true, address })
  })

  test('capitals are kept and not compared', () => {
    expect(readEmail('Ada.L@Example.com')).toMatchObject({
      address: 'Ada.L@example.com',
      key: 'ada.l@example.com',
    })
  })

  test('a sub-address is another mailbox', () => {
    expect(readEmail('ada+shop@gmail.com')).toMatchObject({ key: 'ada+shop@gmail.com' })
  })
})

describe('what looks mistyped', () => {
  test.each([
    ['ada@gmial.com', 'ada@gmail.com'],
    ['ada@gmail.con', 'ada@gmail.com'],
    ['ada@gmai.com', 'ada@gmail.com'],
    ['ada@hotmaill.com', 'ada@hotmail.com'],
    ['ada@t-onlin.de', 'ada@t-online.de'],
  ])('%s is taken, and %s suggested', (text, suggestion) => {
    expect(readEmail(text)).toMatchObject({ ok: true, address: text, suggestion })
  })

  test.each(['ada@gmail.com', 'ada@mail.com', 'ada@ymail.com', 'ada@gmx.de', 'ada@example.com'])(
    '%s is left alone',
    (text) => {
      expect(readEmail(text)).toMatchObject({ ok: true, suggestion: null })
    },
  )

  test.each([
    ['Ada L <ada@example.com>', 'ada@example.com'],
    ['mailto:ada@example.com', 'ada@example.com'],
    ['ada@example,com', 'ada@example.com'],
    ['ada @example.com', 'ada@example.com'],
    ['ada@example..com', 'ada@example.com'],
    ['not an address', null],
  ])('%j is not taken, and %s suggested', (text, suggestion) => {
    expect(readEmail(text)).toMatchObject({ ok: false, suggestion })
  })
})

describe('what is wrong has a name', () => {
  test.each([
    ['', 'empty'],
    ['ada', 'no_at_sign'],
    ['@example.com', 'no_local_part'],
    ['ada@', 'no_domain'],
    ['a b@example.com', 'bad_local_part'],
    ['ada@example', 'bad_domain'],
    ['ada@127.0.0.1', 'bad_domain'],
    [`${'a'.repeat(300)}@example.com`, 'too_long'],
  ])('%j: %s', (text, problem) => {
    expect(readEmail(text)).toMatchObject({ ok: false, problem })
  })
})

describe('flags', () => {
  test('8,335 disposable domains are known, and what lies under them', () => {
    expect(DISPOSABLE_DOMAINS).toHaveLength(8335)
    expect(readEmail('ada@mailinator.com')).toMatchObject({ disposable: true })
    expect(readEmail('ada@eu.mailinator.com')).toMatchObject({ disposable: true })
    expect(readEmail('ada@gmail.com')).toMatchObject({ disposable: false })
  })

  test('a post is told from a person', () => {
    expect(readEmail('Info@example.com')).toMatchObject({ role: true })
    expect(readEmail('ada@example.com')).toMatchObject({ role: false })
  })
})
