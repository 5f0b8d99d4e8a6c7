/** Enough of an address for its owner to know it, and for nobody else to use it: `a•••@example.com`. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 1) return '•••'
  const [first = '', ...rest] = address.slice(0, at)
  return `${rest.length > 0 ? first : ''}•••${address.slice(at)}`
}
