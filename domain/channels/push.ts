import { textsIn } from '../journeys/texts-in.ts'
import { renderTemplate } from '../templates.ts'
import type { ChannelSpec } from './channel-spec.ts'

/** Every device of a customer that is not known to be gone: one token in each line. */
export const push: ChannelSpec<'push'> = {
  destination: (_traits, _content, devices = []) =>
    devices.length === 0 ? null : devices.join('\n'),
  plain: (address) => address,
  templates: (path, content) =>
    Object.entries(content).flatMap(([name, text]) => textsIn(`${path}/${name}`, text)),
  render: ({ title, text, link }, scope) => ({
    title: renderTemplate(title, scope).replaceAll(/\s+/g, ' ').trim(),
    text: renderTemplate(text, scope).trim(),
    ...(link === undefined ? {} : { link: renderTemplate(link, scope).trim() }),
  }),
}
