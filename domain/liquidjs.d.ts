/**
 * The part of liquidjs that `templates.ts` uses. Its own types reference Node's, which must not
 * exist in `domain/`; `tsconfig.json` beside this file maps the module here.
 */

export interface LiquidOptions {
  readonly strictVariables?: boolean
  readonly strictFilters?: boolean
  readonly lenientIf?: boolean
  readonly ownPropertyOnly?: boolean
  readonly outputEscape?: 'escape'
  readonly templates?: Readonly<Record<string, string>>
  readonly parseLimit?: number
  readonly renderLimit?: number
  readonly memoryLimit?: number
}

export interface RenderOptions {
  readonly globals?: object
}

export interface FilterThis {
  readonly context: { readonly globals: object }
}

export interface Variable {
  readonly segments: readonly unknown[]
  readonly location: { readonly row: number; readonly col: number }
}

export interface Token {
  readonly getPosition: () => readonly number[]
}

export class LiquidError extends Error {
  readonly token?: Token
}

export class UndefinedVariableError extends LiquidError {}

export type Template = { readonly token: Token }

export class Liquid {
  constructor(options?: LiquidOptions)
  readonly tags: Record<string, unknown>
  readonly parse: (source: string) => Template[]
  readonly renderSync: (templates: Template[], scope: object, options?: RenderOptions) => unknown
  readonly analyzeSync: (templates: Template[]) => {
    readonly globals: Readonly<Record<string, readonly Variable[]>>
  }
  readonly registerFilter: (
    name: string,
    filter: (this: FilterThis, value: unknown, ...args: unknown[]) => unknown,
  ) => void
  readonly unregisterFilter: (name: string) => void
}
