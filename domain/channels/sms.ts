import { readPhone } from '../customers/phone-number.ts'
import { textsIn } from '../journeys/texts-in.ts'
import { renderTemplate } from '../templates.ts'
import type { ChannelSpec } from './channel-spec.ts'
import { smsLength } from './sms-segments.ts'

/** More parts than this are worth a word before they are paid for. */
const SEGMENTS_MAX = 3
/** What a template prints is not known; what stands around it is. */
const TAGS = /\{\{.*?\}\}|\{%.*?%\}/gs

/** Numbers in E.164. One without its country is none: the door reads them by the shop's own. */
export const sms: ChannelSpec<'sms'> = {
  destination: ({ phone }) => {
    if (typeof phone !== 'string') return null
    const read = readPhone(phone)
    return read.ok ? read.e164 : null
  },
  plain: (address) => {
    const read = readPhone(address)
    return read.ok ? read.e164 : address.trim()
  },
  templates: (path, { text }) => textsIn(`${path}/text`, text),
  render: ({ text }, scope) => ({ text: renderTemplate(text, scope).trim() }),
  findings: (path, { text }) => {
    const { segments, encoding } = smsLength(text.replaceAll(TAGS, ''))
    if (segments <= SEGMENTS_MAX) return []
    const why =
      encoding === 'ucs2' ? ', since it has characters that the alphabet of SMS lacks' : ''
    return [
      {
        code: 'long_sms',
        path: `${path}/text`,
        message: `The text goes out, and is paid for, as ${segments} SMS${why}; say less.`,
        severity: 'warning',
      },
    ]
  },
}
