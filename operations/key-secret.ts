import { createHash, randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** A new secret of 256 random bits, and the id under which the key is known. */
export function newKey(): { keyId: string; secret: string } {
  return {
    keyId: `key_${randomBytes(8).toString('hex')}`,
    secret: `rk_${randomBytes(SECRET_BYTES).toString('base64url')}`,
  }
}

/**
 * What is stored of a secret. One SHA-256 is enough: a slow hash protects secrets that can be
 * guessed, and 256 random bits cannot, while every single request pays for the hash. Whoever sets
 * `RUMBO_API_KEY` is asked for a long random value for the same reason.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
