import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Feedback } from '../../domain/feedback/feedback.ts'
import { readFeedback } from '../../domain/feedback/read-feedback.ts'
import { readReportMail } from './read-report-mail.ts'

const FOLDER = join(import.meta.dirname, '../../test/data/feedback')
const README = readFileSync(join(FOLDER, 'README.md'), 'utf8')

interface Expected {
  readonly file: string
  /** What those who published the file take it for. */
  readonly said: string
  readonly readAs: string
  /** Why the two are not the same; empty where they are. */
  readonly reason: string
}

const EXPECTED: Expected[] = README.split('| --- | --- | --- | --- | --- |')[1]!
  .trim()
  .split('\n')
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .map(([, file = '', , said = '', readAs = '', reason = '']) => ({ file, said, readAs, reason }))

const outcomeOf = (feedback: Feedback | null): string => {
  if (feedback === null) return 'not understood'
  if (feedback.kind === 'notice') return feedback.about
  if (feedback.kind === 'complaint') return `complaint, ${feedback.feedbackType}`
  const { permanent, status, recipient } = feedback
  return `bounce, ${permanent ? 'permanent' : 'this once'}, ${status}, ${recipient ?? 'nobody named'}`
}
const read = async (raw: string | Uint8Array): Promise<Feedback | null> =>
  readFeedback(await readReportMail(raw))

describe('reports of real mail servers', () => {
  test.each(EXPECTED)('$file: $readAs', async ({ file, readAs }) => {
    expect(outcomeOf(await read(readFileSync(join(FOLDER, `${file}.eml`))))).toBe(readAs)
  })

  test('are all in the table', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.eml'))
    expect(EXPECTED.map(({ file }) => `${file}.eml`)).toEqual(files.toSorted())
  })

  test('are read as their source says, or the table says why not; as many as it says', () => {
    const isSame = ({ said, readAs }: Expected) => readAs.startsWith(said)
    expect(EXPECTED.filter((each) => isSame(each) === (each.reason !== ''))).toEqual([])
    const right = EXPECTED.filter(isSame).length
    expect(README).toContain(
      `Of these ${EXPECTED.length} files ${right} are read as their source says, and ${EXPECTED.length - right} are not`,
    )
  })
})

describe('what is no report', () => {
  test.each([
    ['an empty mail', ''],
    ['bytes', '\u0000\u0001\u0002'],
    [
      'an answer of a person who quotes one',
      'From: Ada <ada@example.com>\r\nSubject: Re: Hello\r\n\r\n> 550 5.1.1 user unknown\r\nYour mail could not be delivered?',
    ],
    [
      'a report whose parts never end',
      'From: x@example.com\r\nContent-Type: multipart/report; boundary=a\r\n\r\n--a\r\nContent-Type: message/feedback-report\r\n',
    ],
  ])('%s is not understood', async (_, raw) => {
    expect(await read(raw)).toBeNull()
  })

  test('an answer of a machine is one', async () => {
    const raw = 'From: Ada <ada@example.com>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.'
    expect(await read(raw)).toEqual({ kind: 'notice', about: 'auto-reply' })
  })
})
