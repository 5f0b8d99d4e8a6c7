import type { Journey, Message } from './journey.ts'
import type { StepId } from './values.ts'
import type { Step, StepType } from './step.ts'

/** Ids of the steps and names of the messages that a journey has. */
type Ids<Map> = Extract<keyof Map, string>

/** Fields of steps that lead to another step, wherever they stand in it. */
type LinkField = 'next' | 'else' | 'onFail' | 'onTimeout' | 'onMissing' | 'onPast'

/**
 * A step whose links lead to `Id` only, and which says only what `Said` holds. The `body` of a
 * `repeat` is a link; that of a webhook is not.
 */
type Linked<S, Id extends StepId, Said extends string> = S extends readonly (infer Item)[]
  ? readonly Linked<Item, Id, Said>[]
  : S extends object
    ? {
        [Field in keyof S]: Field extends LinkField
          ? Retyped<S[Field], Id>
          : Field extends 'body'
            ? S extends { readonly type: 'repeat' }
              ? Id
              : S[Field]
            : Field extends 'message'
              ? Said
              : Field extends 'cases' | 'arms' | 'variants' | 'events'
                ? Linked<S[Field], Id, Said>
                : S[Field]
      }
    : S

/** An optional link stays optional. */
type Retyped<Value, Id> = undefined extends Value ? Id | undefined : Id

/** Refuses what a step of this type does not have. */
type NothingElse<S> = S extends { readonly type: infer Type extends StepType }
  ? { readonly [Field in Exclude<keyof S, keyof Extract<Step, { type: Type }>>]?: never }
  : unknown

/** A journey all of whose links and messages are there. */
type Closed<Steps, Messages> = Omit<Journey, 'start' | 'steps' | 'messages'> & {
  readonly start: NoInfer<Ids<Steps>>
  readonly steps: Steps & {
    readonly [Id in keyof Steps]: Linked<Step, Ids<Steps>, Ids<Messages>> & NothingElse<Steps[Id]>
  }
} & ([Ids<Messages>] extends [never]
    ? { readonly messages?: Messages }
    : { readonly messages: Messages })

/**
 * A journey, written in TypeScript: the same JSON, typed. A link to a step that is not there, or a
 * message that is not there, does not compile. What only the checker can say (conditions, templates,
 * durations, loops) it says when the journey is checked or published.
 */
export function defineJourney<
  const Steps extends Readonly<Record<StepId, Step>>,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a map in which there is no name
  const Messages extends Readonly<Record<string, Message>> = Record<never, Message>,
>(journey: Closed<Steps, Messages>): Journey {
  return journey
}
