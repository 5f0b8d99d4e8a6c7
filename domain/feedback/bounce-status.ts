/** Not part of a longer number, such as an IP address. */
const ENHANCED = /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/
const REPLY = /(?<![\d.])([45])\d\d(?![\d.])/

/** The enhanced status code (RFC 3463) in a text; a bare SMTP reply stands for its class. */
export function statusIn(text: string): string | undefined {
  const [, enhanced] = ENHANCED.exec(text) ?? []
  if (enhanced !== undefined) return enhanced
  const [, replyClass] = REPLY.exec(text) ?? []
  return replyClass === undefined ? undefined : `${replyClass}.0.0`
}

/** Whether a status says no more than that it failed. */
export const saysLittle = (status: string): boolean => /^[245]\.[05]\.0$/.test(status)

/**
 * Codes after which nothing will ever be delivered: no such mailbox or host, or one that was closed. A full
 * mailbox, a message too large, a policy and a suspicion of spam are about this message and this day.
 */
const PERMANENT = /^5\.1\.(?:[0-46]|10)$|^5\.2\.1$|^5\.4\.4$/

const NOT_THERE = [
  /\b(?:unknown|no such|invalid|non-?existent|illegal|unrecognized|bad) (?:or illegal )?(?:local |e-?mail )?(?:user|recipient|mailbox|address|account|alias|destination)/i,
  /\b(?:user|recipient|mailbox|address|account|alias|person|name)\b.{0,60}\b(?:unknown|not found|not exist|does ?n[o']t exist|not listed|not recognized|invalid|disabled|suspended|no longer|unavailable|not available|unrouteable)/i,
  /\bno (?:mailbox|account|user) (?:here )?by that name\b/i,
  /\bdoes(?:n't| not) have an? .{0,30}account\b/i,
  /\bunroute?able (?:mail )?(?:address|domain)/i,
  /\b(?:host|domain)\b.{0,40}\bnot found\b|\bcouldn't find any host\b/i,
]
const MAY_PASS = [
  /\bquota\b|\bmailbox (?:is )?full\b|\bover ?(?:the )?(?:quota|limit)\b|\bexceed/i,
  /\bspam\b|\bunsolicited\b|\bblocked\b|\bblack ?list|\bpolicy\b/i,
  /\btoo (?:large|big|many)\b|\btimed? out\b|\btemporar|\btoo long\b/i,
]

/**
 * Whether nothing will ever be delivered there. The code decides; where it says little, what is written
 * beside it; where neither is clear, no: an address is given up for good reasons only.
 */
export function isPermanent(status: string, written: string): boolean {
  if (!status.startsWith('5')) return false
  if (!saysLittle(status)) return PERMANENT.test(status)
  if (MAY_PASS.some((sign) => sign.test(written))) return false
  return NOT_THERE.some((sign) => sign.test(written))
}
