import type { Journey, Message } from '../../domain/journeys/journey.ts'
import type { Step } from '../../domain/journeys/step.ts'

/** A mail whose subject says which it is. */
export const mail = (subject: string): Message => ({
  email: { subject, html: `<p>${subject}</p>` },
})

/** A journey that mails its key, waits two weeks and mails `<key> bye`; `parts` replace what differs. */
export const journey = (key: string, parts: Partial<Journey> = {}): Journey => ({
  key,
  class: 'marketing',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }], reentry: { mode: 'afterExit' } },
  start: 'hello',
  steps: mailsAndWaits('P14D'),
  messages: { hello: mail(key), bye: mail(`${key} bye`) },
  ...parts,
})

/** Mail, wait, mail. */
export const mailsAndWaits = (duration: string): Record<string, Step> => ({
  hello: { type: 'message', message: 'hello', next: 'rest' },
  rest: { type: 'wait', for: duration, next: 'bye' },
  bye: { type: 'message', message: 'bye', next: 'done' },
  done: { type: 'exit' },
})
