import type { ChannelName } from '../journeys/values.ts'

/** What people stop and resume: everything, one channel, or the sends of one journey. */
export type StopScope = 'all' | { readonly channel: ChannelName } | { readonly journey: string }

/** The same as a row of SQL holds it. */
export interface ScopeColumns {
  readonly scope: 'all' | 'channel' | 'journey'
  readonly name: string | null
}

export function columnsOfScope(scope: StopScope): ScopeColumns {
  if (scope === 'all') return { scope, name: null }
  return 'channel' in scope
    ? { scope: 'channel', name: scope.channel }
    : { scope: 'journey', name: scope.journey }
}

export function scopeOfColumns({ scope, name }: ScopeColumns): StopScope {
  if (scope === 'all' || name === null) return 'all'
  return scope === 'channel' ? { channel: name as ChannelName } : { journey: name }
}

/** `all`, `channel email`, `journey welcome`: for people. */
export const scopeText = (scope: StopScope): string => {
  const columns = columnsOfScope(scope)
  return [columns.scope, columns.name].filter((part) => part !== null).join(' ')
}
