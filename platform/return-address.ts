import { createHmac, timingSafeEqual } from 'node:crypto'

/** What return addresses are made with. */
export interface ReturnAddressSettings {
  readonly secret: string
  /** Whose mail comes to this deployment. */
  readonly domain: string
}

/**
 * Where a mail server sends word of a delivery (VERP): the delivery, and a keyed hash, so that nobody makes
 * up one of a mail that they did not get. At most 64 characters before the `@`, and the same in capitals,
 * for servers do as they like. Undefined for an id that no actor gives.
 */
export function returnAddress(
  deliveryId: string,
  { secret, domain }: ReturnAddressSettings,
): string | undefined {
  const [, customerId, run, visit] = DELIVERY.exec(deliveryId) ?? []
  if (customerId === undefined || !UUID.test(customerId)) return undefined
  const name = [
    BigInt(`0x${customerId.replaceAll('-', '')}`).toString(36),
    Number(run).toString(36),
    Number(visit).toString(36),
  ].join('.')
  return `${BEGIN}${name}.${macOf(name, secret)}@${domain}`
}

/** The delivery that an address of `returnAddress` names; undefined for any other text. */
export function readReturnAddress(
  address: string,
  { secret, domain }: ReturnAddressSettings,
): string | undefined {
  const lower = address.trim().toLowerCase()
  const end = `@${domain.toLowerCase()}`
  if (!lower.startsWith(BEGIN) || !lower.endsWith(end)) return undefined
  const parts = lower.slice(BEGIN.length, -end.length).split('.')
  if (parts.length !== 4 || !parts.every((part) => /^[0-9a-z]{1,26}$/.test(part))) return undefined
  const [customer = '', run = '', visit = '', mac = ''] = parts
  const expected = Buffer.from(macOf(`${customer}.${run}.${visit}`, secret))
  const given = Buffer.from(mac)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return `${uuidOf(customer)}.${Number.parseInt(run, 36)}.${Number.parseInt(visit, 36)}.email`
}

/** The delivery that the first such address in a text names: a report of a provider quotes the message. */
export function findReturnAddress(
  text: string,
  settings: ReturnAddressSettings,
): string | undefined {
  // Longer texts are cut by whoever calls; the pattern does not go back over what it has read.
  for (const [address] of text.matchAll(/bounce\+[0-9a-z.]{1,57}@[0-9a-z.-]{1,255}/gi)) {
    const deliveryId = readReturnAddress(address.replace(/\.$/, ''), settings)
    if (deliveryId !== undefined) return deliveryId
  }
  return undefined
}

const BEGIN = 'bounce+'
const DELIVERY = /^([0-9a-f-]{36})\.(\d{1,7})\.(\d{1,7})\.email$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** 80 bits, each try of which takes a conversation with us. */
const MAC_BYTES = 10
const MAC_LENGTH = 16

/** Letters and digits, alike in small and capital letters. */
function macOf(name: string, secret: string): string {
  const hash = createHmac('sha256', secret).update(`return-address:${name}`).digest()
  const number = BigInt(`0x${hash.subarray(0, MAC_BYTES).toString('hex')}`)
  return number.toString(36).padStart(MAC_LENGTH, '0')
}

function uuidOf(text: string): string {
  let number = 0n
  for (const digit of text) number = number * 36n + BigInt(Number.parseInt(digit, 36))
  const hex = number.toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
