/** Domains of mail providers that a slip of the finger is measured against. */
const MEANT = [
  'bluewin.ch',
  'btinternet.com',
  'comcast.net',
  'freenet.de',
  'gmail.com',
  'googlemail.com',
  'hotmail.co.uk',
  'hotmail.com',
  'hotmail.de',
  'hotmail.fr',
  'hotmail.it',
  'icloud.com',
  'laposte.net',
  'libero.it',
  'orange.fr',
  'outlook.com',
  'outlook.de',
  'proton.me',
  'protonmail.com',
  't-online.de',
  'verizon.net',
  'wanadoo.fr',
  'yahoo.co.uk',
  'yahoo.com',
  'yahoo.de',
  'yahoo.fr',
  'yahoo.it',
  'yandex.ru',
] as const

/** Providers in their own right, although one letter away from one of those above. */
const REAL: ReadonlySet<string> = new Set<string>([
  ...MEANT,
  'email.com',
  'googlemail.co',
  'grange.fr',
  'hotmail.ch',
  'hotmail.es',
  'mail.com',
  'outlook.be',
  'outlook.dk',
  'outlook.es',
  'outlook.fr',
  'outlook.it',
  'protonmail.ch',
  'yahoo.ca',
  'yahoo.es',
  'yahoo.in',
  'ymail.com',
])

/**
 * The well-known domain that was probably meant: one letter missing, too many or another, or two
 * that changed places. Null for domains that are somebody's own as they stand. Short names
 * (`gmx.de`, `web.de`) are left alone: too many honest domains are one letter away.
 */
export function suggestDomain(domain: string): string | null {
  if (REAL.has(domain)) return null
  return MEANT.find((meant) => isOneSlipAway(domain, meant)) ?? null
}

function isOneSlipAway(typed: string, meant: string): boolean {
  if (Math.abs(typed.length - meant.length) > 1) return false
  let from = 0
  while (from < typed.length && typed[from] === meant[from]) from++
  const rest = (text: string, skipped: number) => text.slice(from + skipped)
  const isSwapped =
    typed[from] === meant[from + 1] &&
    typed[from + 1] === meant[from] &&
    rest(typed, 2) === rest(meant, 2)
  return (
    (isSwapped && typed.length === meant.length) ||
    rest(typed, 1) === rest(meant, 1) ||
    rest(typed, 1) === rest(meant, 0) ||
    rest(typed, 0) === rest(meant, 1)
  )
}
