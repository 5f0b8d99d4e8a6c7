import { findActiveKey } from '../db/api-keys.ts'
import { hashSecret } from '../operations/key-secret.ts'
import type { ApiDeps } from './deps.ts'
import type { Caller } from './env.ts'

/** How long a process believes what SQL said about a key: a key revoked elsewhere dies this late. */
const TRUST_MS = 2_000
/** Secrets remembered, wrong ones too. Beyond it the ring starts afresh. */
const REMEMBERED_MAX = 10_000

interface Remembered {
  readonly caller: Promise<Caller | undefined>
  readonly untilMs: number
}

export interface KeyRing {
  /** Whose secret it is; undefined for an unknown or revoked one. */
  readonly find: (secret: string) => Promise<Caller | undefined>
  /** Asks SQL again for every key: one was made or ended here. */
  readonly forget: () => void
}

/** Looks keys up in SQL, once in two seconds for each, so that ingest does not pay for it. */
export function createKeyRing({ db, now }: Pick<ApiDeps, 'db' | 'now'>): KeyRing {
  const remembered = new Map<string, Remembered>()

  const look = async (secretHash: string): Promise<Caller | undefined> => {
    const key = await findActiveKey(db, secretHash)
    return key && { keyId: key.keyId, scopes: key.scopes }
  }

  return {
    find: (secret) => {
      const hash = hashSecret(secret)
      const known = remembered.get(hash)
      if (known !== undefined && known.untilMs > now()) return known.caller
      if (remembered.size >= REMEMBERED_MAX) remembered.clear()
      const caller = look(hash)
      remembered.set(hash, { caller, untilMs: now() + TRUST_MS })
      // A failed look-up answers those who wait for it and is not believed afterwards.
      caller.catch(() => remembered.delete(hash))
      return caller
    },
    forget: () => remembered.clear(),
  }
}
