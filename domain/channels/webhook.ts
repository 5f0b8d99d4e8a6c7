import { textsIn } from '../journeys/texts-in.ts'
import { renderTexts } from '../render-texts.ts'
import type { ChannelSpec } from './channel-spec.ts'

/** Goes where its message says, so it always leads there; an address is no template. */
export const webhook: ChannelSpec<'webhook'> = {
  destination: (_traits, content) => content?.url ?? '',
  plain: (address) => address.trim(),
  templates: (path, { body }) => textsIn(`${path}/body`, body),
  render: ({ url, body }, scope) => ({ url, body: renderTexts(body, scope) }),
}
