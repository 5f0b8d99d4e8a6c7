/**
 * Refusals: what a caller can mend. Each edge maps every code in one exhaustive table
 * (`satisfies Record<DomainErrorCode, …>`), so a new code does not compile until HTTP knows it.
 */
export type DomainErrorCode =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'newer_version'
  | 'too_large'
  | 'unsupported_media_type'
  | 'unacceptable'
  | 'idempotency_key_reused'
  | 'time_travel_off'
  | 'time_travel_pending'

/** One thing that is wrong, with its place. `path` is a JSON pointer into what the caller sent. */
export interface Finding {
  readonly code: string
  readonly path: string
  readonly message: string
  readonly severity: 'error' | 'warning'
}

/** A refusal. The caller can mend it; nothing was changed. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: DomainErrorCode
  readonly findings: readonly Finding[]
  /** What a program needs to go on, beside the sentence; which names there are depends on the code. */
  readonly details: Readonly<Record<string, string | number>>

  constructor(
    code: DomainErrorCode,
    message: string,
    findings: readonly Finding[] = [],
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message)
    this.code = code
    this.findings = findings
    this.details = details
  }
}

/**
 * A definition does what the checker must exclude. The run exits with reason `definition_error`;
 * the customer goes on.
 */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError'
}

/** Stops at a bug of ours: `mustBeTrue` says what did not hold. */
export function invariant(condition: unknown, mustBeTrue: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${mustBeTrue}`)
}
