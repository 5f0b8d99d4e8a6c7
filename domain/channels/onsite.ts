import type { Finding } from '../errors.ts'
import { textsIn } from '../journeys/texts-in.ts'
import { renderTemplate, type TemplateScope } from '../templates.ts'
import { parseDurationProblem } from '../time.ts'
import type { ChannelSpec, Content } from './channel-spec.ts'
import { isOnsiteLinkTemplate } from './onsite-link.ts'
import { personalReads } from './onsite-reads.ts'

/** Shown to whoever visits a page under one of the customer's ids, so it leads to everybody. */
export const onsite: ChannelSpec<'onsite'> = {
  destination: () => 'onsite',
  plain: (address) => address,
  templates: (path, content) =>
    templatesOf(content).flatMap(([name, text]) => textsIn(`${path}/${name}`, text)),
  render: ({ kind, expiresIn, ...texts }, scope) => ({
    kind,
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...renderAll(texts, scope),
  }),
  findings: (path, content) => [
    ...personalFindings(path, content),
    ...linkFindings(`${path}/link`, content),
    ...durationFindings(`${path}/expiresIn`, content),
  ],
}

type Texts = Omit<Content<'onsite'>, 'kind' | 'expiresIn'>

const templatesOf = ({ kind: _, expiresIn: __, ...texts }: Content<'onsite'>): [string, string][] =>
  Object.entries(texts satisfies Texts)

/** One line each, but for the text. */
const renderAll = ({ title, text, ...more }: Texts, scope: TemplateScope): Texts => ({
  title: inOneLine(renderTemplate(title, scope)),
  text: renderTemplate(text, scope).trim(),
  ...Object.fromEntries(
    Object.entries(more).map(([name, template]) => [
      name,
      inOneLine(renderTemplate(template, scope)),
    ]),
  ),
})

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

const personalFindings = (path: string, content: Content<'onsite'>): Finding[] =>
  templatesOf(content).flatMap(([name, template]) =>
    personalReads(template).map(({ why, line, column }) => ({
      code: 'personal_onsite',
      path: `${path}/${name}`,
      message: `${why} A page must not show it: whoever knows or guesses an id can ask for it. (line ${line}, column ${column})`,
      severity: 'error',
    })),
  )

function linkFindings(path: string, { link }: Content<'onsite'>): Finding[] {
  if (link === undefined || isOnsiteLinkTemplate(link)) return []
  const message =
    'A link begins with https:// and a host that is written out, or with / for a place on the same site.'
  return [{ code: 'unsafe_link', path, message, severity: 'error' }]
}

function durationFindings(path: string, { expiresIn }: Content<'onsite'>): Finding[] {
  const message = expiresIn === undefined ? null : parseDurationProblem(expiresIn)
  return message === null ? [] : [{ code: 'bad_duration', path, message, severity: 'error' }]
}
