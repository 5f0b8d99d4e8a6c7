import type { Finding } from '../errors.ts'
import type { MailTracking } from '../feedback/tracked-html.ts'
import type { Message } from '../journeys/journey.ts'
import type { Place } from '../journeys/steps/step-spec.ts'
import type { ChannelName } from '../journeys/values.ts'
import type { JsonObject } from '../json.ts'
import type { TemplateScope } from '../templates.ts'

/** What a message says on one channel. */
export type Content<Name extends ChannelName> = NonNullable<Message[Name]>

/** What makes a channel different from the others, as far as nothing is sent. One file per channel. */
export interface ChannelSpec<Name extends ChannelName> {
  /**
   * Where a message to this customer goes. Null: nowhere. What came in by the door is good already; this
   * keeps out what was stored before there was one.
   */
  readonly destination: (
    traits: JsonObject,
    content: Message[Name] | undefined,
    /** Tokens of the customer's devices. */
    devices?: readonly string[],
  ) => string | null
  /** How addresses are compared: two that are one have one plain form. */
  readonly plain: (address: string) => string
  /** Every template of a content, and where it stands under `path`. */
  readonly templates: (path: string, content: Content<Name>) => Place[]
  /**
   * The content with every template filled in.
   *
   * @throws {TemplateError}
   */
  readonly render: (content: Content<Name>, scope: TemplateScope) => Content<Name>
  /** The rendered content so that it tells of its opening and of clicks. Absent: it cannot. */
  readonly followed?: (content: Content<Name>, tracking: MailTracking) => Content<Name>
  /** What there is to say about a content beside its templates. */
  readonly findings?: (path: string, content: Content<Name>) => Finding[]
}
