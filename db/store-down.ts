/** Socket errors of Node and the SQLSTATEs with which PostgreSQL ends or refuses a connection. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '53300',
  '57P01',
  '57P02',
  '57P03',
])
/** What the two drivers throw without a code. */
const MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|PGlite is closed|driver has already been destroyed|Cannot use a pool after calling end/

/** Whether `error` says that SQL cannot be reached now, so that trying again later makes sense. */
export function isStoreDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError && error.errors.some(isStoreDown)) return true
  const code = 'code' in error ? error.code : undefined
  if (typeof code === 'string' && (CODES.has(code) || code.startsWith('08'))) return true
  return MESSAGES.test(error.message) || isStoreDown(error.cause)
}
