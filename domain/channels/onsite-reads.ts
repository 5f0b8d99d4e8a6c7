import { isPersonalTrait } from '../customers/personal-traits.ts'
import { TemplateError, templateReads, type TemplateRead } from '../templates.ts'

/** Links that act for the customer, whoever follows them. */
const PERSONAL_LINKS: ReadonlySet<string> = new Set([
  'unsubscribeUrl',
  'preferencesUrl',
  'confirmUrl',
])
/** Of the customer; what else there is says what somebody is worth, or wants. */
const CUSTOMER_MEMBERS: ReadonlySet<string> = new Set(['traits', 'lifecycle'])

/** Something that a template reads and that no page is to show. */
export interface PersonalRead extends TemplateRead {
  /** As a sentence. */
  readonly why: string
}

/**
 * What a template for a page reads of a customer that is personal, or may be: who knows or guesses an id
 * can ask for what is shown. Told by names, as everywhere. Nothing for a template that is refused anyway.
 */
export function personalReads(template: string): PersonalRead[] {
  if (!template.includes('{')) return []
  try {
    return templateReads(template).flatMap((read) => {
      const why = whyPersonal(read.path)
      return why === null ? [] : [{ ...read, why }]
    })
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}

function whyPersonal(path: readonly string[]): string | null {
  const [root = '', member = '', ...names] = path
  const written = path.join('.')
  if (PERSONAL_LINKS.has(root)) return `"${root}" acts for the customer, whoever follows it.`
  if (!isBagRoot(root)) return null
  if (member === '' || (isBag(member) && names.length === 0))
    return `"${written}" may hold anything; name what you need, as in customer.traits.city.`
  if (root === 'customer' && !CUSTOMER_MEMBERS.has(member))
    return `"${written}" is nobody's business but the customer's.`
  const values = root === 'answers' ? names.slice(1) : names
  const personal = values.some(
    // Inside a value `name` is most often a product's.
    (name, depth) => isPersonalTrait(name) && (depth === 0 || name !== 'name'),
  )
  return personal ? `"${written}" is personal data.` : null
}

const isBagRoot = (root: string): boolean =>
  ['customer', 'event', 'entry', 'answers'].includes(root)

const isBag = (member: string): boolean => ['traits', 'properties'].includes(member)
