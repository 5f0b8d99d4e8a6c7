/** What a key may be allowed to do. */
export const SCOPES = ['ingest', 'read', 'publish', 'operate', 'admin'] as const
export type Scope = (typeof SCOPES)[number]
