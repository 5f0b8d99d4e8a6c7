import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common'
import proto from '@temporalio/proto'
import type { Config } from './config.ts'
import { findPayloadSecret } from './payload-secret.ts'

/*
 * What the engine stores of a customer, encrypted with a key of that customer's own. Whoever destroys
 * the key has made every copy unreadable: histories, the engine's backups, its logs.
 */

/** A key and the name under which it is found again. The name says nothing about the customer. */
export interface PayloadKey {
  readonly keyId: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** Where keys come from. Asked for every payload: it keeps what was asked lately. */
export interface PayloadKeys {
  /**
   * The key of a customer, made where there is none.
   *
   * @throws {Error} for somebody who is being erased, or is not there: nothing is to be stored any more
   */
  readonly ofCustomer: (customerId: string) => Promise<PayloadKey>
  /** A key by its name; undefined for one that was destroyed. */
  readonly byId: (keyId: string) => Promise<PayloadKey | undefined>
}

/** A payload's key was destroyed: nobody can read it any more. */
export class PayloadKeyDestroyedError extends Error {
  override readonly name = 'PayloadKeyDestroyedError'
}

const ENCODING = 'encoding'
const ENCRYPTED = 'binary/encrypted'
const KEY_ID = 'encryption-key-id'
const CIPHER = 'aes-256-gcm'
/** Of GCM: 96 bits, random. One key never encrypts near the 2^32 payloads where that would repeat. */
const NONCE_BYTES = 12
const TAG_BYTES = 16

const { Payload: PayloadProto } = proto.temporal.api.common.v1

interface CodecParts {
  /** Keys that are sealed by this secret. */
  readonly keysOf: (secret: string) => PayloadKeys
  /** The customer whose workflow it is; undefined for workflows of other kinds. */
  readonly customerIdOf: (workflowId: string) => string | undefined
}

/** The codec of this process, as its settings say. */
export const payloadCodecOf = (
  config: Pick<Config, 'encryptsPayloads' | 'payloadSecret' | 'dataFolder'>,
  { keysOf, customerIdOf }: CodecParts,
): PayloadCodec =>
  createPayloadCodec(keysOf(findPayloadSecret(config)), {
    encrypts: config.encryptsPayloads,
    customerIdOf,
  })

/**
 * A codec for clients and workers alike: payloads of customers' workflows, and of their activities, are
 * encrypted where `encrypts` says so; all others are not, since they hold ids and numbers only. What was
 * encrypted before is read in any case, so that encryption can be switched on and off.
 *
 * Wire: AES-256-GCM over the whole payload with its metadata, nonce and tag around it, the key's name
 * in the metadata. The name is authenticated too.
 * Cost: a look-up for a customer not met lately; what it does to the rates `npm run bench -- --encrypt` prints.
 * Decoding throws `PayloadKeyDestroyedError`, and an error where somebody has tampered with a payload.
 */
export function createPayloadCodec(
  keys: PayloadKeys,
  { encrypts, customerIdOf }: { readonly encrypts: boolean } & Pick<CodecParts, 'customerIdOf'>,
): PayloadCodec {
  const ownerOf = (context: SerializationContext | undefined): string | undefined =>
    !encrypts || context?.workflowId === undefined ? undefined : customerIdOf(context.workflowId)
  return {
    encode: async (payloads, context) => {
      const owner = ownerOf(context)
      if (owner === undefined || payloads.length === 0) return payloads
      const key = await keys.ofCustomer(owner)
      return payloads.map((payload) => encrypt(payload, key))
    },
    decode: (payloads) => Promise.all(payloads.map((payload) => decodeOne(payload, keys))),
  }
}

async function decodeOne(payload: Payload, keys: PayloadKeys): Promise<Payload> {
  const { metadata, data } = payload
  if (textOf(metadata?.[ENCODING]) !== ENCRYPTED || data === null || data === undefined)
    return payload
  const keyId = textOf(metadata?.[KEY_ID])
  const key = await keys.byId(keyId)
  if (key === undefined)
    throw new PayloadKeyDestroyedError(`The key ${keyId} of this payload was destroyed.`)
  return decrypt(data, key)
}

function encrypt(payload: Payload, { keyId, key }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(keyId))
  const sealed = cipher.update(PayloadProto.encode(payload).finish())
  return {
    metadata: { [ENCODING]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(keyId) },
    data: Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]),
  }
}

function decrypt(data: Uint8Array, { keyId, key }: PayloadKey): Payload {
  const decipher = createDecipheriv(CIPHER, key, data.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(keyId))
    .setAuthTag(data.subarray(-TAG_BYTES))
  const opened = decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES))
  return PayloadProto.decode(Buffer.concat([opened, decipher.final()]))
}

const textOf = (bytes: Uint8Array | null | undefined): string =>
  bytes === null || bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')
