/** How a text goes out as SMS. */
export interface SmsLength {
  /** `ucs2`: it has a character that the alphabet of SMS lacks, and costs more than twice as much. */
  readonly encoding: 'gsm7' | 'ucs2'
  /** Septets or UTF-16 code units. */
  readonly units: number
  /** Parts that it is sent, and paid for, in. */
  readonly segments: number
}

/** GSM 03.38, the default alphabet and, behind it, the characters that take an escape before them. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENDED = '\f^{}\\[~]|€'
const SEPTETS: ReadonlyMap<string, number> = new Map([
  ...Array.from(BASIC, (character) => [character, 1] as const),
  ...Array.from(EXTENDED, (character) => [character, 2] as const),
])

/** What one message holds alone, and each part of several, which begins with a header. */
const ROOM = { gsm7: { alone: 160, part: 153 }, ucs2: { alone: 70, part: 67 } } as const

/** How many parts a text takes as SMS. No character is cut in two: a part may stay one unit short. */
export function smsLength(text: string): SmsLength {
  const characters = Array.from(text)
  const encoding = characters.every((character) => SEPTETS.has(character)) ? 'gsm7' : 'ucs2'
  const sizes = characters.map((character) =>
    encoding === 'gsm7' ? (SEPTETS.get(character) ?? 1) : character.length,
  )
  const units = sizes.reduce((sum, size) => sum + size, 0)
  const { alone, part } = ROOM[encoding]
  if (units <= alone) return { encoding, units, segments: 1 }
  let segments = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > part) {
      segments++
      used = 0
    }
    used += size
  }
  return { encoding, units, segments }
}
