import { textsIn } from '../journeys/texts-in.ts'
import { renderTemplate } from '../templates.ts'
import { parseDurationProblem } from '../time.ts'
import type { ChannelSpec } from './channel-spec.ts'

/** Stands where an address does: every customer can be proposed something, whoever has them on the line. */
const CALL_CENTRE = 'call-centre'
const TEXTS = ['title', 'text', 'reason'] as const

/** A proposal to the call centre. */
export const agentTask: ChannelSpec<'agent_task'> = {
  destination: () => CALL_CENTRE,
  plain: (address) => address,
  templates: (path, content) => TEXTS.flatMap((name) => textsIn(`${path}/${name}`, content[name])),
  render: ({ title, text, reason, ...rest }, scope) => ({
    title: renderTemplate(title, scope).replaceAll(/\s+/g, ' ').trim(),
    text: renderTemplate(text, scope).trim(),
    reason: renderTemplate(reason, scope).replaceAll(/\s+/g, ' ').trim(),
    ...rest,
  }),
  findings: (path, { expiresIn }) => {
    const message = expiresIn === undefined ? null : parseDurationProblem(expiresIn)
    if (message === null) return []
    return [{ code: 'bad_duration', path: `${path}/expiresIn`, message, severity: 'error' }]
  },
}
