/**
 * Codes of Twilio after which nobody can be reached at a number: there is none such, it is a landline, or
 * somebody answered STOP. The same in the answer to a send and in a report.
 */
export const TWILIO_DEAD: ReadonlySet<string> = new Set([
  '21211',
  '21214',
  '21217',
  '21610',
  '21614',
  '30005',
])
