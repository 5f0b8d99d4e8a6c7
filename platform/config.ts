import { createPrivateKey, createPublicKey } from 'node:crypto'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { TemporalTarget } from './temporal.ts'
import { TOPIC_ARN } from './topic-arn.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Any of these names an engine that runs elsewhere; then none is started here. */
const ENGINE_ELSEWHERE = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE']

/** Shorter keys can be guessed; see `operations/key-secret.ts`. */
const API_KEY_LENGTH_MIN = 16
/** Nothing else stands between the webhook and whoever would make something up. */
const PASSWORD_LENGTH_MIN = 20
/** 128 bits, even in hexadecimal. */
const SECRET_LENGTH_MIN = 32

/** Everything that can be set from outside, checked. */
export interface Config {
  /** 0: a free one. */
  readonly port: number
  readonly host: string
  /** Where embedded stores live, and what a running server leaves for the command line. Absolute. */
  readonly dataFolder: string
  /** Where things that every clone can share are kept. Absolute. */
  readonly cacheFolder: string
  /** Undefined: PostgreSQL runs inside the process. */
  readonly databaseUrl: string | undefined
  /** Undefined: the engine is started beside the process. */
  readonly temporal: TemporalTarget | undefined
  /** Where people look at actors; undefined: as the engine's address suggests. */
  readonly temporalUiUrl: string | undefined
  readonly apiKey: string | undefined
  /** Undefined: mails go to the catcher. */
  readonly smtpUrl: string | undefined
  /** Who mails are from. Undefined: a sender that no real mail server lets through. */
  readonly mailFrom: string | undefined
  /** Who sends SMS, and on whose account. Undefined: nobody. */
  readonly sms: SmsConfig | undefined
  /** Who sends to devices; for each kind of token somebody. */
  readonly push: PushConfig
  /** Pages that show messages: their origins. Empty: none does. */
  readonly onsiteOrigins: readonly string[]
  /** Where links in mails lead, without a slash at its end. Undefined: where HTTP listens. */
  readonly publicUrl: string | undefined
  /** Signs links in mails. Undefined: one made at the first start and kept in the data folder. */
  readonly linkSecret: string | undefined
  /** Whether opens and clicks of mails are told by links of ours. */
  readonly tracksMails: boolean
  /** The domain that word of deliveries is sent to. Undefined: it goes to the sender's. */
  readonly bounceDomain: string | undefined
  /** Where mail to that domain is taken. 0: a free one. Undefined: nowhere. */
  readonly feedbackPort: number | undefined
  /** The verification key of SendGrid's Event Webhook. Undefined: not listened to. */
  readonly sendgridKey: string | undefined
  /** The signing key of Mailgun's webhooks. Undefined: not listened to. */
  readonly mailgunKey: string | undefined
  /** The user and the password that Postmark's webhooks come with. Undefined: not listened to. */
  readonly postmarkKey: string | undefined
  /** The topic of Amazon SNS at which SES tells of bounces. Undefined: not listened to. */
  readonly sesTopic: string | undefined
  /** Signs webhooks. Undefined: one made at the first start and kept in the data folder. */
  readonly webhookSecret: string | undefined
  /** Whether what the engine stores of customers is encrypted, each with a key of their own. */
  readonly encryptsPayloads: boolean
  /** Seals those keys. Undefined: one made at the first start and kept in the data folder. */
  readonly payloadSecret: string | undefined
  /** What names of people who were erased are told by. Undefined: one made at the first start and kept in the data folder. */
  readonly tombstoneSecret: string | undefined
  /** Lets the engine's UI ask for payloads in the clear. Undefined: as the start decides. */
  readonly codecToken: string | undefined
  /** Where demo and command line find the server; undefined: as the data folder says. */
  readonly serverUrl: string | undefined
  readonly timeTravel: boolean
  readonly logLevel: LogLevel
}

/** Providers of push that Rumbo speaks to. Undefined: devices of theirs cannot be sent to. */
export interface PushConfig {
  /** What Google calls a service account, as far as it is needed. */
  readonly fcm: { readonly account: ServiceAccount } | undefined
  readonly expo: { readonly accessToken: string } | undefined
}

interface ServiceAccount {
  readonly project_id: string
  readonly client_email: string
  readonly private_key: string
  readonly token_uri: string
}

/** An account with one of the providers of SMS that Rumbo speaks to. */
export type SmsConfig = { readonly from: string } & (
  | { readonly provider: 'twilio'; readonly accountSid: string; readonly authToken: string }
  | {
      readonly provider: 'vonage'
      readonly apiKey: string
      readonly apiSecret: string
      /** What reports of deliveries are signed with. Undefined: they are not asked for. */
      readonly signatureSecret?: string
    }
)

/** The settings are wrong; `problems` names each of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      [
        problems.length === 1 ? 'A setting is wrong:' : `${problems.length} settings are wrong:`,
        ...problems.map((problem) => `  ${problem}`),
      ].join('\n'),
    )
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The settings of this process, parsed and frozen. Blank counts as not set. Values that may hold a
 * secret are not repeated in messages.
 *
 * @throws {ConfigError} naming everything that is wrong, not just the first thing
 */
export function readConfig(env: Environment = process.env): Config {
  const problems: string[] = []
  const setting = <T>(name: string, parse: (value: string) => T | undefined, need: string) => {
    const value = env[name]?.trim()
    if (value === undefined || value === '') return undefined
    const parsed = parse(value)
    if (parsed === undefined) problems.push(`${name}: ${need}`)
    return parsed
  }
  const shown = (name: string) => JSON.stringify(env[name])

  const temporal = readTemporal(env, problems)
  const publicUrl = setting(
    'RUMBO_PUBLIC_URL',
    baseUrl,
    'must look like https://mail.example.com, perhaps with a path.',
  )
  const config: Config = {
    port:
      setting(
        'PORT',
        portNumber,
        `${shown('PORT')} is not a whole number from 0 to 65535 (0 picks a free port).`,
      ) ?? 3000,
    host:
      setting('HOST', hostName, `${shown('HOST')} is not a host name or an IP address.`) ??
      '127.0.0.1',
    dataFolder: resolve(setting('RUMBO_DATA', anything, '') ?? '.rumbo'),
    cacheFolder: join(
      setting('XDG_CACHE_HOME', anything, '') ?? join(homedir(), '.cache'),
      'rumbo',
    ),
    databaseUrl: setting(
      'DATABASE_URL',
      urlOf(['postgres:', 'postgresql:']),
      'must look like postgres://user:password@host:5432/database.',
    ),
    temporal,
    temporalUiUrl: setting(
      'RUMBO_TEMPORAL_UI_URL',
      urlOf(['http:', 'https:']),
      'must look like https://temporal.example.com.',
    ),
    apiKey: setting(
      'RUMBO_API_KEY',
      apiKey,
      `must have at least ${API_KEY_LENGTH_MIN} characters, without spaces or colons.`,
    ),
    smtpUrl: setting(
      'SMTP_URL',
      urlOf(['smtp:', 'smtps:']),
      'must look like smtp://user:password@host:587 or smtps://….',
    ),
    mailFrom: setting(
      'RUMBO_MAIL_FROM',
      mailbox,
      `${shown('RUMBO_MAIL_FROM')} must look like "Shop <hello@example.com>" or hello@example.com.`,
    ),
    sms: readSms(env, problems),
    push: {
      fcm: setting(
        'FCM_SERVICE_ACCOUNT',
        serviceAccount,
        'must be the JSON of a service account with project_id, client_email, private_key and token_uri.',
      ),
      expo: setting('EXPO_ACCESS_TOKEN', (accessToken) => ({ accessToken }), ''),
    },
    onsiteOrigins:
      setting(
        'RUMBO_ONSITE_ORIGINS',
        origins,
        'must be origins such as https://shop.example, with a space between them.',
      ) ?? [],
    publicUrl,
    linkSecret: setting(
      'RUMBO_LINK_SECRET',
      secret,
      `must have at least ${SECRET_LENGTH_MIN} characters, without spaces.`,
    ),
    tracksMails:
      setting(
        'RUMBO_MAIL_TRACKING',
        onOrOff,
        `${shown('RUMBO_MAIL_TRACKING')} is neither "on" nor "off".`,
      ) ?? publicUrl !== undefined,
    bounceDomain: setting(
      'RUMBO_BOUNCE_DOMAIN',
      domainName,
      `${shown('RUMBO_BOUNCE_DOMAIN')} must look like bounces.example.com.`,
    ),
    feedbackPort: setting(
      'RUMBO_FEEDBACK_PORT',
      portNumber,
      `${shown('RUMBO_FEEDBACK_PORT')} is not a whole number from 0 to 65535.`,
    ),
    sendgridKey: setting(
      'RUMBO_SENDGRID_KEY',
      publicKey,
      'must be the verification key as SendGrid shows it: base64 in one line.',
    ),
    mailgunKey: setting('RUMBO_MAILGUN_KEY', anything, ''),
    postmarkKey: setting(
      'RUMBO_POSTMARK_KEY',
      userAndPassword,
      `must be a user and a password of at least ${PASSWORD_LENGTH_MIN} letters and digits: user:password.`,
    ),
    sesTopic: setting(
      'RUMBO_SES_TOPIC',
      topicArn,
      `${shown('RUMBO_SES_TOPIC')} must look like arn:aws:sns:eu-west-1:123456789012:mails.`,
    ),
    webhookSecret: setting(
      'RUMBO_WEBHOOK_SECRET',
      webhookSecret,
      'must be "whsec_" and at least 24 bytes in base64.',
    ),
    encryptsPayloads:
      setting(
        'RUMBO_PAYLOAD_ENCRYPTION',
        onOrOff,
        `${shown('RUMBO_PAYLOAD_ENCRYPTION')} is neither "on" nor "off".`,
      ) ?? false,
    payloadSecret: setting(
      'RUMBO_PAYLOAD_SECRET',
      secret,
      `must have at least ${SECRET_LENGTH_MIN} characters, without spaces.`,
    ),
    tombstoneSecret: setting(
      'RUMBO_TOMBSTONE_SECRET',
      secret,
      `must have at least ${SECRET_LENGTH_MIN} characters, without spaces.`,
    ),
    codecToken: setting(
      'RUMBO_CODEC_TOKEN',
      pathToken,
      `must have at least ${SECRET_LENGTH_MIN} characters, letters, digits, "-" and "_" only.`,
    ),
    serverUrl: setting(
      'RUMBO_URL',
      urlOf(['http:', 'https:']),
      'must look like http://127.0.0.1:3000.',
    ),
    timeTravel:
      setting(
        'RUMBO_TIME_TRAVEL',
        onOrOff,
        `${shown('RUMBO_TIME_TRAVEL')} is neither "on" nor "off".`,
      ) ?? temporal === undefined,
    logLevel:
      setting(
        'LOG_LEVEL',
        logLevel,
        `${shown('LOG_LEVEL')} is none of ${LOG_LEVELS.join(', ')}.`,
      ) ?? 'info',
  }
  if (config.feedbackPort !== undefined && config.bounceDomain === undefined)
    problems.push('RUMBO_FEEDBACK_PORT: takes mail to RUMBO_BOUNCE_DOMAIN, which must be set too.')
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}

/**
 * The servers that a process of its own works over.
 *
 * @throws {ConfigError} where they are not set: embedded ones belong to a single process
 */
export function requireServers(config: Config): {
  readonly databaseUrl: string
  readonly temporal: TemporalTarget
} {
  const { databaseUrl, temporal } = config
  const problems: string[] = []
  const alone = 'is not set. "npm start" runs everything in one process and needs neither.'
  if (databaseUrl === undefined) problems.push(`DATABASE_URL: ${alone}`)
  if (temporal === undefined) problems.push(`TEMPORAL_ADDRESS: ${alone}`)
  if (databaseUrl === undefined || temporal === undefined) throw new ConfigError(problems)
  return { databaseUrl, temporal }
}

/** This process's environment with `extra` laid over it, for a process that it starts. */
export function environmentWith(extra: Environment): NodeJS.ProcessEnv {
  return { ...process.env, ...extra }
}

/** The standard TEMPORAL_* settings, profiles and files, as Temporal's own tools read them. */
function readTemporal(env: Environment, problems: string[]): TemporalTarget | undefined {
  if (!ENGINE_ELSEWHERE.some((name) => (env[name] ?? '').trim() !== '')) return undefined
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && value.trim() !== '') given[name] = value.trim()
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: given })
    const { address, apiKey, tls, metadata } = connectionOptions
    if (
      address === undefined ||
      !/^[^\s/:@]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i.test(address)
    )
      problems.push(
        `TEMPORAL_ADDRESS: ${address === undefined ? 'the profile names none; it' : JSON.stringify(address)} must look like host:7233, without a scheme.`,
      )
    return {
      address: address ?? '',
      namespace: namespace ?? 'default',
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(tls === undefined || tls === null ? {} : { tls }),
      ...(metadata === undefined ? {} : { metadata }),
    }
  } catch (error) {
    problems.push(`TEMPORAL_*: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** The provider is the one whose account is named. */
function readSms(env: Environment, problems: string[]): SmsConfig | undefined {
  const value = (name: string) => env[name]?.trim() ?? ''
  const [accountSid, authToken, apiKey, apiSecret, signatureSecret, from] = [
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
    'VONAGE_API_KEY',
    'VONAGE_API_SECRET',
    'VONAGE_SIGNATURE_SECRET',
    'RUMBO_SMS_FROM',
  ].map(value) as [string, string, string, string, string, string]
  const before = problems.length
  const need = (name: string, why: string) => {
    if (value(name) === '') problems.push(`${name}: must be set, since ${why} is.`)
  }
  const [twilio, vonage] = [accountSid + authToken !== '', apiKey + apiSecret !== '']
  if (twilio) {
    need('TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN')
    need('TWILIO_AUTH_TOKEN', 'TWILIO_ACCOUNT_SID')
  }
  if (vonage) {
    need('VONAGE_API_KEY', 'VONAGE_API_SECRET')
    need('VONAGE_API_SECRET', 'VONAGE_API_KEY')
  }
  if (twilio || vonage) need('RUMBO_SMS_FROM', 'the account of a provider of SMS')
  if (twilio && vonage) problems.push('VONAGE_API_KEY: one provider of SMS is enough.')
  if (problems.length > before) return undefined
  if (twilio) return { provider: 'twilio', accountSid, authToken, from }
  if (!vonage) return undefined
  const signed = signatureSecret === '' ? {} : { signatureSecret }
  return { provider: 'vonage', apiKey, apiSecret, from, ...signed }
}

function serviceAccount(text: string): { account: ServiceAccount } | undefined {
  try {
    const { project_id, client_email, private_key, token_uri } = JSON.parse(text) as Record<
      keyof ServiceAccount,
      unknown
    >
    if (typeof project_id !== 'string' || typeof client_email !== 'string') return undefined
    if (typeof private_key !== 'string' || typeof token_uri !== 'string') return undefined
    createPrivateKey(private_key)
    if (urlOf(['https:', 'http:'])(token_uri) === undefined) return undefined
    return { account: { project_id, client_email, private_key, token_uri } }
  } catch {
    return undefined
  }
}

const anything = (value: string) => value

function mailbox(value: string): string | undefined {
  return /^(?:[^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value) ? value : undefined
}

function portNumber(value: string): number | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined
}

function hostName(value: string): string | undefined {
  return /^[\w.:-]+$/.test(value) ? value : undefined
}

/** As it stands in addresses: not every host name is a domain. */
function domainName(value: string): string | undefined {
  return /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}$/i.test(value)
    ? value.toLowerCase()
    : undefined
}

function publicKey(value: string): string | undefined {
  try {
    createPublicKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'spki' })
    return value
  } catch {
    return undefined
  }
}

function urlOf(protocols: readonly string[]): (value: string) => string | undefined {
  return (value) => {
    const url = URL.parse(value)
    return url !== null && protocols.includes(url.protocol) && url.hostname !== ''
      ? value
      : undefined
  }
}

function apiKey(value: string): string | undefined {
  return value.length >= API_KEY_LENGTH_MIN && /^[\x21-\x39\x3b-\x7e]+$/.test(value)
    ? value
    : undefined
}

/** Links are put behind it, so it may have a path, and nothing after that. */
function baseUrl(value: string): string | undefined {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  const { origin, pathname, username, password, search, hash } = url
  if (`${username}${password}${search}${hash}` !== '') return undefined
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

/** As a browser says where a page is from. */
function origins(value: string): string[] | undefined {
  const given = value.split(/[\s,]+/)
  return given.every(
    (each) => /^https?:$/.test(URL.parse(each)?.protocol ?? '') && URL.parse(each)?.origin === each,
  )
    ? given
    : undefined
}

function topicArn(value: string): string | undefined {
  return TOPIC_ARN.test(value) ? value : undefined
}

/** They stand in an address. */
function userAndPassword(value: string): string | undefined {
  return new RegExp(`^\\w+:\\w{${PASSWORD_LENGTH_MIN},}$`).test(value) ? value : undefined
}

function secret(value: string): string | undefined {
  return value.length >= SECRET_LENGTH_MIN && !/\s/.test(value) ? value : undefined
}

/** It stands in a path. */
function pathToken(value: string): string | undefined {
  return value.length >= SECRET_LENGTH_MIN && /^[\w-]+$/.test(value) ? value : undefined
}

function webhookSecret(value: string): string | undefined {
  return /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(value) ? value : undefined
}

function onOrOff(value: string): boolean | undefined {
  return value === 'on' ? true : value === 'off' ? false : undefined
}

function logLevel(value: string): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === value)
}
