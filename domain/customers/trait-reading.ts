/** What a rule makes of a trait's text. */
export type TraitReading =
  | {
      readonly ok: true
      readonly value: string
      /** What is odd about a value that is kept all the same. */
      readonly flags?: readonly TraitFlag[]
    }
  | { readonly ok: false; readonly problem: string; readonly suggestion?: string | null }

export interface TraitFlag {
  readonly problem: string
  readonly suggestion: string | null
}
