import { describe, expect, test } from 'vitest'
import { readSes } from './ses.ts'

/** As Amazon shows it ("Amazon SNS notification examples for Amazon SES", a bounce with a DSN), with a header of ours. */
const BOUNCE = {
  notificationType: 'Bounce',
  bounce: {
    bounceType: 'Permanent',
    reportingMTA: 'dns; email.example.com',
    bouncedRecipients: [
      {
        emailAddress: 'jane@example.com',
        status: '5.1.1',
        action: 'failed',
        diagnosticCode: 'smtp; 550 5.1.1 <jane@example.com>... User',
      },
    ],
    bounceSubType: 'General',
    timestamp: '2016-01-27T14:59:38.237Z',
    feedbackId: '00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000',
    remoteMtaIp: '127.0.2.0',
  },
  mail: {
    timestamp: '2016-01-27T14:59:38.237Z',
    source: 'john@example.com',
    messageId: '00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000',
    destination: ['jane@example.com'],
    headersTruncated: false,
    headers: [
      { name: 'From', value: '"John Doe" <john@example.com>' },
      { name: 'X-Rumbo-Delivery', value: 'ada.1.1.email' },
    ],
  },
}

describe('a notification of SES', () => {
  const bounce = (changes: object, recipient: object = {}) =>
    readSes({
      ...BOUNCE,
      bounce: { ...BOUNCE.bounce, bouncedRecipients: [recipient], ...changes },
    })?.feedback

  test('names the delivery by a header of the mail', () => {
    expect(readSes(BOUNCE)).toEqual({
      deliveryId: 'ada.1.1.email',
      messageId: undefined,
      feedback: { kind: 'bounce', permanent: true, status: '5.1.1', recipient: null },
    })
    expect(readSes({ ...BOUNCE, mail: {} })?.deliveryId).toBeUndefined()
  })

  test('is the same where it is published as an event', () => {
    const { notificationType, ...event } = BOUNCE
    expect(readSes({ ...event, eventType: notificationType })).toEqual(readSes(BOUNCE))
  })

  test.each([
    ['Permanent', 'NoEmail', {}, true, '5.0.0'],
    ['Permanent', 'General', {}, true, '5.0.0'],
    ['Permanent', 'Suppressed', { status: '5.1.1' }, true, '5.1.1'],
    ['Permanent', 'OnAccountSuppressionList', {}, true, '5.0.0'],
    ['Permanent', 'General', { status: '5.7.1' }, false, '5.7.1'],
    ['Permanent', 'UnsubscribedRecipient', {}, false, '5.0.0'],
    ['Transient', 'MailboxFull', { diagnosticCode: 'smtp; 552 5.2.2 full' }, false, '5.2.2'],
    ['Transient', 'General', { status: '4.4.7' }, false, '4.4.7'],
    ['Undetermined', 'Undetermined', {}, false, '5.0.0'],
  ])('%s, %s, %j: for good? %s', (bounceType, bounceSubType, recipient, permanent, status) => {
    expect(bounce({ bounceType, bounceSubType }, recipient)).toEqual({
      kind: 'bounce',
      permanent,
      status,
      recipient: null,
    })
  })

  test('of a complaint says of what kind it is', () => {
    const complaint = (complaintFeedbackType?: string) =>
      readSes({ notificationType: 'Complaint', complaint: { complaintFeedbackType } })?.feedback
    expect(complaint('fraud')).toEqual({ kind: 'complaint', feedbackType: 'fraud' })
    expect(complaint()).toEqual({ kind: 'complaint', feedbackType: 'abuse' })
    expect(complaint('not-spam')).toEqual({ kind: 'notice', about: 'not-spam' })
  })

  test.each([
    ['Delivery', 'delivery'],
    ['DeliveryDelay', 'delay'],
    ['Open', 'delivery'],
  ])('"%s" says nothing of a bounce', (eventType, about) => {
    expect(readSes({ eventType })?.feedback).toEqual({ kind: 'notice', about })
  })

  test('what is nothing of SES is none', () => {
    expect(readSes({ AlarmName: 'x' })).toBeUndefined()
    expect(readSes(undefined)).toBeUndefined()
  })
})
