/** A version of the Temporal server, as far as it decides anything here. */
export interface ServerVersion {
  readonly major: number
  readonly minor: number
}

/** The first server that can move one workflow's clock. */
const SKIPS_TIME_SINCE: ServerVersion = { major: 1, minor: 32 }
/** The first that has the switch among the settings of the whole system. */
const SWITCH_RENAMED_IN: ServerVersion = { major: 1, minor: 33 }

/** The server inside a Temporal CLI, from what `temporal --version` prints. */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const match = /\bServer v?(\d+)\.(\d+)\b/i.exec(text)
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) }
}

export function canSkipTime(version: ServerVersion): boolean {
  return isAtLeast(version, SKIPS_TIME_SINCE)
}

/** The dynamic setting that switches time skipping on. */
export function timeSkippingSwitch(version: ServerVersion): string {
  return isAtLeast(version, SWITCH_RENAMED_IN)
    ? 'system.workflowTimeSkippingEnabled'
    : 'frontend.WorkflowTimeSkippingEnabled'
}

function isAtLeast(version: ServerVersion, least: ServerVersion): boolean {
  return version.major === least.major ? version.minor >= least.minor : version.major > least.major
}
