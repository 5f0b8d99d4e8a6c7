/** A host, written out, and where it ends. */
const ABSOLUTE = /^https:\/\/[a-z0-9.-]+(?::\d+)?(?:[/?#]|$)/i
/** A second slash would name a host. */
const RELATIVE = /^\/(?!\/)/
/** Browsers drop some of these and take a backslash for a slash, so that another address comes out. */
const TREACHEROUS = /[\s\p{Cc}\\]/u

/**
 * Whether a page may lead its visitor there: to a host by https, or to a place on its own site. Nothing
 * that a browser would run.
 */
export const isOnsiteLink = (link: string): boolean =>
  (ABSOLUTE.test(link) || RELATIVE.test(link)) && !TREACHEROUS.test(link)

/** The same of a template: its host is written out, and over before the first thing that is printed. */
export function isOnsiteLinkTemplate(template: string): boolean {
  const tag = template.search(/\{[{%]/)
  if (tag === -1) return isOnsiteLink(template)
  const written = template.slice(0, tag)
  // Put behind it, a letter goes on with a host that is not over.
  return isOnsiteLink(written) && isOnsiteLink(`${written}@`)
}
