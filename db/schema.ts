import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { AgentTaskStatus } from '../domain/agent-tasks/task-state.ts'
import type { Audience } from '../domain/audiences/audience.ts'
import type { LibraryMessage } from '../domain/library/library-message.ts'
import type { RenewedVersion } from '../domain/library/renewal.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { EventBatch, FactChange } from '../domain/actor/inputs.ts'
import type {
  ArbitrationRequest,
  Cause,
  Decision,
  Outcome,
} from '../domain/decisioning/arbitration.ts'
import type { CaseStatus } from '../domain/cases/case-state.ts'
import type { CaseAction } from '../domain/cases/case-statement.ts'
import type { MergeStatus } from '../domain/customers/merge-status.ts'
import type { Ramps } from '../domain/contact/ramp.ts'
import type { RequestStatus } from '../domain/customers/double-opt-in.ts'
import type { TraitOrigins } from '../domain/customers/golden-record.ts'
import type { ConsentProof } from '../domain/customers/stricter-consent.ts'
import type { Finding } from '../domain/errors.ts'
import type {
  EntryRule,
  Journey,
  Lane,
  LifecycleState,
  LockScope,
  MessageClass,
  OnsiteContent,
} from '../domain/journeys/journey.ts'
import type { HashedIdentifier } from '../domain/channels/audience-sync.ts'
import type { AdPlatform, ChannelName } from '../domain/journeys/values.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { Deleted, RetentionPosition } from '../domain/retention/retention-run.ts'
import type { RuleDocumentKind } from '../domain/rule-documents.ts'

import type { CheckpointFinding } from './quality-checkpoints.ts'

/** The tables, as the migrations leave them. `schema.test.ts` compares both. */

/** Read as Date, written as Date. */
type Instant = ColumnType<Date, Date, Date>
type NullableInstant = ColumnType<Date | null, Date | null | undefined, Date | null>
/** `default now()`: real time, also for a test customer. */
type RecordedAt = ColumnType<Date, Date | undefined, Date>
/** 64-bit counters that stay below 2^53: both drivers are set to parse them as numbers. */
type BigIntColumn = ColumnType<number, number | undefined, number>
/** JSON is written as text (`JSON.stringify`), so that arrays are not taken for SQL arrays. */
type Json<T extends object | null> = JSONColumnType<T>

export type ActorPlace = 'none' | 'open' | 'asleep'
type NullableJson = ColumnType<JsonObject | null, string | null | undefined, string | null>

export interface Database {
  api_keys: {
    key_id: string
    name: string
    scopes: string[]
    secret_hash: string
    created_at: RecordedAt
    revoked_at: NullableInstant
  }
  customers: {
    customer_id: string
    test: Generated<boolean>
    deliver_to: string | null
    clock_offset_ms: BigIntColumn
    known: Generated<boolean>
    zone: Generated<string>
    traits: ColumnType<JsonObject, string | undefined, string>
    /** Where each of them comes from, and what was taken away. */
    trait_origins: ColumnType<TraitOrigins, string | undefined, string>
    created_at: Instant
    last_batch: Generated<number>
    lease_until: NullableInstant
    lease_owner: string | null
    delivery_epoch: Generated<number>
    lifecycle_state: LifecycleState | null
    lifecycle_since: NullableInstant
    lifecycle_previous: LifecycleState | null
    lifecycle_reason: string | null
    deferred: ColumnType<DeferredRow[], string | undefined, string>
    next_wake_at: NullableInstant
    page_turn: Generated<number>
    as_of: NullableInstant
    snapshot: ColumnType<CustomerState | null, string | null | undefined, string | null>
    snapshot_turn: number | null
    snapshot_batch: number | null
    contact_group: string | null
    merged_into: string | null
    /** Whether there is an actor on the engine; see `db/sleepers.ts`. */
    actor: Generated<ActorPlace>
    /** Of one asleep: when it is to be started, if nothing happens. */
    wake_at: NullableInstant
    /** How often an actor has started from what is stored here. */
    actor_life: Generated<number>
    erasing_at: NullableInstant
  }
  payload_keys: { key_id: string; customer_id: string; sealed: string; created_at: RecordedAt }
  trait_findings: {
    customer_id: string
    trait: string
    problem: string
    kind: 'setAside' | 'flagged'
    /** What was said, where it was set aside. Personal. */
    value: ColumnType<JsonValue, string, string>
    suggestion: string | null
    /** Who said it. */
    source: string
    said_at: Instant
    status: Generated<'open' | 'settled'>
    settled_at: NullableInstant
  }
  trait_repairs: {
    repair_id: string
    customer_id: string
    trait: string
    /** Of the finding that was repaired; null where there was none. */
    problem: string | null
    /** The value in the profile before and after; null for none. Personal. */
    before: ColumnType<JsonValue, string, never>
    after: ColumnType<JsonValue, string, never>
    repaired_at: Instant
    undone_at: NullableInstant
  }
  identities: { kind: string; value: string; customer_id: string; created_at: Instant }
  pending_links: {
    link_id: ColumnType<number, never, never>
    customer_id: string
    other_customer_id: string
    cause: string
    status: ColumnType<LinkStatus, LinkStatus | undefined, LinkStatus>
    created_at: Instant
  }
  merges: {
    merge_id: string
    link_id: number
    loser: string
    winner: string
    status: MergeStatus
    /** Why it is not done by itself: a code, and a sentence for people. */
    reason: string | null
    detail: string | null
    winner_batch: number | null
    created_at: Instant
    updated_at: Instant
    /** Key of the person who approved or rejected it. */
    decided_by: string | null
  }
  events: {
    seq: ColumnType<number, never, never>
    message_id: string
    customer_id: string
    type: EventType
    name: string | null
    properties: ColumnType<JsonObject, string | undefined, string>
    traits: ColumnType<JsonObject | null, string | null | undefined, string | null>
    context: ColumnType<JsonObject | null, string | null | undefined, string | null>
    source: ColumnType<string | null, string | null | undefined, string | null>
    channel: ColumnType<string | null, string | null | undefined, string | null>
    /** For `consent` and `exit`: what the command says. */
    payload: ColumnType<JsonObject | null, string | null | undefined, string | null>
    /** What the event changed that rules read. */
    facts: ColumnType<FactChange | null, string | null | undefined, string | null>
    historical: Generated<boolean>
    occurred_at: Instant
    received_at: Instant
    recorded_at: RecordedAt
    status: 'filtered' | 'pending' | 'batched'
    batch: number | null
  }
  batches: {
    customer_id: string
    n: number
    content: Json<EventBatch>
    created_at: RecordedAt
    delivered_at: NullableInstant
  }
  quarantine: {
    quarantine_id: string
    received_at: Instant
    key_id: string | null
    body: ColumnType<JsonValue, string, string>
    findings: Json<Finding[]>
    status: Generated<string>
    resolved_at: NullableInstant
  }
  journeys: { key: string; title: string; latest_version: number; created_at: Instant }
  journey_versions: {
    key: string
    version: number
    hash: string
    definition: Json<Journey>
    note: string | null
    status: VersionStatus
    published_at: Instant
    published_by: string | null
    superseded_at: NullableInstant
    /** When it was closed or stopped. */
    ended_at: NullableInstant
  }
  audiences: { key: string; title: string; latest_version: number; created_at: Instant }
  audience_versions: {
    key: string
    version: number
    hash: string
    document: Json<Audience>
    note: string | null
    published_at: Instant
    published_by: string | null
  }
  library_messages: { key: string; title: string; latest_version: number; created_at: Instant }
  library_message_versions: {
    key: string
    version: number
    hash: string
    document: Json<LibraryMessage>
    note: string | null
    published_at: Instant
    published_by: string | null
  }
  renewals: {
    renewal_id: string
    find: string
    replace: string
    note: string | null
    published: Json<readonly RenewedVersion[]>
    created_at: Instant
    created_by: string | null
    undone_at: NullableInstant
    undone_by: string | null
  }
  entry_runs: {
    entry_id: string
    journey: string
    workflow_id: string
    audience: string
    audience_hash: string
    status: EntryRunStatus
    per_second: number
    /** The last customer that was looked at, in the order of ids. */
    after: Generated<string>
    looked: Generated<number>
    matching: Generated<number>
    /** On whose data the condition failed. */
    failed: Generated<number>
    entered: Generated<number>
    begun_at: Instant
    begun_by: string | null
    updated_at: Instant
  }
  audience_memberships: {
    audience: string
    customer_id: string
    since: Instant
  }
  audience_watches: {
    audience: string
    /** Hash of all that memberships were judged by. Null: there was no whole look yet. */
    judged_by: string | null
    /** Of the look under way. */
    looks_by: string | null
    /** Nobody is told by the look under way. */
    silent: Generated<boolean>
    after: Generated<string>
    looked: Generated<number>
    failed: Generated<number>
    joined: Generated<number>
    departed: Generated<number>
    ended_at: Instant | null
  }
  condition_failures: {
    journey: string
    version: number
    path: string
    count: BigIntColumn
    last_message: string
    last_at: Instant
  }
  rule_book: {
    singleton: Generated<boolean>
    publication: number
    hash: string
    /** Event name → entry rules of live versions that it could trigger. */
    entry_rules: Json<Record<string, EntryRule[]>>
    /** Of the contact policy in its book; null for none. */
    contact_hash: string | null
    /** By kind: the version in force. */
    versions: ColumnType<Record<string, number>, string | undefined, string>
  }
  rule_books: { hash: string; publication: number; book: Json<RuleBook>; created_at: RecordedAt }
  runs: {
    run_id: string
    customer_id: string
    journey: string
    version: number
    status: 'active' | 'waiting' | 'paused' | 'ended'
    step: string
    since: Instant
    entered_at: Instant
    wake_at: NullableInstant
    locked: boolean
    ended_at: NullableInstant
    end_reason: string | null
    goal_value_minor: ColumnType<number | null, number | null | undefined, number | null>
    turn: number
    lane: Generated<Lane>
    lock_scope: ColumnType<LockScope | null, LockScope | null | undefined, LockScope | null>
    lock_until: NullableInstant
  }
  decisions: {
    decision_id: string
    customer_id: string
    at: Instant
    cause: Json<Cause>
    outcome: Outcome
    summary: string
    winner: string | null
    request: Json<ArbitrationRequest>
    decision: Json<Decision>
    recorded_at: RecordedAt
  }
  deliveries: {
    delivery_id: string
    customer_id: string
    run_id: string
    journey: string
    version: number
    step: string
    message: string
    channel: ChannelName
    class: MessageClass | null
    to_address: string | null
    status: DeliveryStatus
    reason: string | null
    provider_id: string | null
    attempt: Generated<number>
    at: Instant
    recorded_at: RecordedAt
    updated_at: RecordedAt
    worth: number | null
    customer_group: string | null
    /** `stop:<scope>` or `capacity:<name>`. */
    parked_for: string | null
    parked_at: NullableInstant
    released_at: NullableInstant
    /** Of the capacity that it is parked for. */
    cost: number | null
    /** When which kind of feedback first came back. Of mails nobody tells that they were delivered. */
    delivered_at: NullableInstant
    bounced_at: NullableInstant
    complained_at: NullableInstant
    unsubscribed_at: NullableInstant
    opened_at: NullableInstant
    machine_opened_at: NullableInstant
    clicked_at: NullableInstant
    /** Whether it tells when it is opened and its links are followed. */
    followed: Generated<boolean>
    /** What splits and choices on the way to it picked: `<step>:<arm or variant>`. Null: nothing. */
    variants: string[] | null
  }
  timeline_entries: {
    customer_id: string
    turn: number
    ordinal: number
    at: Instant
    kind: string
    summary: string
    data: ColumnType<JsonObject, string, string>
    recorded_at: RecordedAt
  }
  consents: {
    customer_id: string
    purpose: string
    channel: string
    granted: boolean
    at: Instant
    source: string
    /** A few words; several members are in `evidence`. */
    proof: string | null
    evidence: NullableJson
    text_version: string | null
  }
  consent_history: {
    history_id: ColumnType<number, never, never>
    customer_id: string
    purpose: string
    channel: string
    granted: boolean
    at: Instant
    source: string
    proof: string | null
    evidence: NullableJson
    text_version: string | null
    import_key: string | null
    recorded_at: RecordedAt
  }
  consent_texts: {
    version: string
    locale: string
    wording: string
    hash: string
    published_at: Instant
    published_by: string | null
  }
  consent_requests: {
    request_id: string
    customer_id: string
    purpose: string
    channel: string
    text_version: string
    /** Personal data: where the link was sent to. */
    address: string
    source: string
    proof: ColumnType<ConsentProof | null, string | null | undefined, string | null>
    status: ColumnType<RequestStatus, RequestStatus | undefined, RequestStatus>
    requested_at: Instant
    expires_at: Instant
    settled_at: NullableInstant
  }
  outbox: {
    outbox_id: ColumnType<number, never, never>
    delivery_id: string | null
    message_id: string | null
    mail_from: string
    rcpt_to: string[]
    subject: string
    raw: string
    received_at: RecordedAt
  }
  commands: {
    command_id: ColumnType<number, never, never>
    key_id: string | null
    action: string
    target: string
    at: RecordedAt
    before: ColumnType<JsonValue | null, string | null | undefined, never>
    after: ColumnType<JsonValue | null, string | null | undefined, never>
  }
  migrations: {
    migration_id: string
    journey: string
    from_version: number
    to_version: number
    /** Step of the old version → step of the new one, `exit` or `stay`. */
    steps: Json<Record<string, string>>
    resend: boolean
    share: number
    per_second: number
    status: MigrationStatus
    created_at: Instant
    created_by: string | null
    updated_at: Instant
  }
  migration_runs: {
    migration_id: string
    run_id: string
    customer_id: string
    /** 0 to 1, by hash: a canary share takes those below it. */
    bucket: number
    status: MigrationRunStatus
    tries: Generated<number>
    not_before: NullableInstant
    from_step: string | null
    to_step: string | null
    reason: string | null
    updated_at: Instant
  }
  jobs: {
    job_id: string
    kind: JobKind
    input: ColumnType<JsonObject, string, never>
    status: JobStatus
    progress: ColumnType<JsonObject | null, string | null | undefined, string | null>
    report: ColumnType<JsonObject | null, string | null | undefined, string | null>
    error: string | null
    created_at: Instant
    created_by: string | null
    /** When the engine took it; null: it has not heard of it. */
    handed_over_at: NullableInstant
    started_at: NullableInstant
    finished_at: NullableInstant
  }
  cases: {
    case_id: string
    customer_id: string
    status: CaseStatus
    type: string | null
    severity: number
    opened_at: Instant
    promised_at: NullableInstant
    resolved_at: NullableInstant
    closed_at: NullableInstant
    last_at: Instant
    contacts: number
    escalations: number
    emotion: string | null
    level: string | null
    satisfaction: number | null
    sources: Json<string[]>
    /** Cases that it may be as well. */
    doubts: ColumnType<string[], string | undefined, string>
  }
  case_events: {
    message_id: string
    case_id: string
    customer_id: string
    action: CaseAction
    at: Instant
    source: string
    ref: string | null
    code: string | null
    keys: Json<Record<string, string>>
    severity: number | null
    promised_at: NullableInstant
    emotion: string | null
    level: string | null
    satisfaction: number | null
  }
  quality_checkpoints: {
    checkpoint_id: string
    owner: string
    /** By the schedule; else somebody asked for it. */
    scheduled: boolean
    opened_at: Instant
    since: NullableInstant
    findings: Json<CheckpointFinding[]>
    signed_off_at: NullableInstant
    signed_off_by: string | null
    note: string | null
  }
  quality_work: {
    work_id: ColumnType<number, never, never>
    checkpoint_id: string
    problem: string
    trait: string
    minutes: number
    note: string | null
    done_at: Instant
    done_by: string | null
  }
  quality_schedule: {
    singleton: Generated<boolean>
    owner: string
    every: string
    next_at: Instant
  }
  retention_runs: {
    run_id: string
    status: RetentionStatus
    /** Of the rules; null: it has not begun. */
    version: number | null
    asked_at: Instant
    asked_by: string | null
    started_at: NullableInstant
    ended_at: NullableInstant
    position: Json<RetentionPosition>
    looked: BigIntColumn
    deleted: Json<Deleted>
    held_back: ColumnType<string[], string | undefined, string>
  }
  rule_documents: {
    kind: RuleDocumentKind
    version: number
    hash: string
    document: ColumnType<JsonObject, string, never>
    note: string | null
    published_at: Instant
    published_by: string | null
  }
  population_statistics: {
    rule: string
    version: number
    computed_at: Instant
    customers: number
    mean: number
    deviation: number
    threshold: number
  }
  exclusions: {
    customer_id: string
    exclusion_id: string
    /** Null: opened by hand. */
    rule: string | null
    reason: string
    classes: MessageClass[] | null
    channels: ChannelName[] | null
    source: string
    since: Instant
    in_force_from: Instant
    until: NullableInstant
    closed_at: NullableInstant
    closed_by: string | null
    turn: Generated<number>
  }
  agent_tasks: {
    /** The delivery that proposed it. */
    task_id: string
    customer_id: string
    /** Of a test customer, whose clock may be moved. */
    test: boolean
    journey: string
    version: number
    step: string
    message: string
    class: MessageClass
    title: string
    text: string
    reason: string
    priority: number
    status: AgentTaskStatus
    /** This and all other instants: on the customer's clock. */
    created_at: Instant
    expires_at: Instant
    /** Whether it goes when its run leaves before its exit step. */
    withdraw_with_run: Generated<boolean>
    /** Why the run ended that it goes with; it is settled within seconds. */
    withdrawn_for: string | null
    offered_to: string | null
    offered_until: NullableInstant
    decided_at: NullableInstant
    decided_by: string | null
    decision_reason: string | null
    note: string | null
  }
  audience_uploads: {
    /** The delivery that added it; something else where no delivery did, or once the customer is forgotten. */
    upload_id: string
    /** Null: of somebody who was forgotten, until the platform has forgotten too. */
    customer_id: string | null
    url: string
    list: string
    platform: AdPlatform
    class: MessageClass
    identifiers: JSONColumnType<HashedIdentifier[]>
    added_at: Instant
    /** `adding`: by an address that has changed, see `db/audience-addresses.ts`. */
    status: 'added' | 'adding' | 'removing'
    /** Of what the platform is still to be told: when that is tried next. */
    due_at: NullableInstant
    /** Of the same: when it came to be told. In whole milliseconds. */
    waits_since: NullableInstant
    attempts: Generated<number>
    problem: string | null
  }
  onsite_messages: {
    message_id: Generated<string>
    delivery_id: string
    customer_id: string
    content: JSONColumnType<OnsiteContent>
    created_at: Instant
    expires_at: Instant
    viewed_at: NullableInstant
    clicked_at: NullableInstant
    dismissed_at: NullableInstant
    expired_at: NullableInstant
  }
  devices: {
    token: string
    customer_id: string
    platform: string | null
    app: string | null
    last_seen_at: Instant
    removed_at: Instant | null
    reason: string | null
  }
  push_tickets: {
    ticket_id: string
    delivery_id: string
    customer_id: string
    token: string
    sent_at: RecordedAt
    due_at: Instant
    attempts: Generated<number>
  }
  blocked_addresses: {
    channel: ChannelName
    address: string
    reason: string
    source: string
    since: Instant
  }
  stops: {
    stop_id: string
    scope: 'all' | 'channel' | 'journey'
    name: string | null
    except_classes: MessageClass[]
    reason: string
    since: Instant
    stopped_by: string | null
    lifted_at: NullableInstant
    lifted_by: string | null
  }
  resumes: {
    resume_id: string
    scope: 'all' | 'channel' | 'journey'
    name: string | null
    /** By channel; one that is missing is planned by the first round. */
    ramp: Json<Ramps>
    /** When what it brings back was stopped. */
    stopped_at: Instant
    status: 'running' | 'paused' | 'done'
    released: Generated<number>
    created_at: Instant
    created_by: string | null
    updated_at: Instant
  }
  capacities: {
    name: string
    available: number
    used: Generated<number>
    until: NullableInstant
    updated_at: Instant
    updated_by: string | null
  }
  domain_days: { domain: string; day: ColumnType<string, string, never>; sent: number }
  throttles: {
    channel: ChannelName
    /** Null: none. */
    per_second: number | null
    /** Why the engine did not take it. */
    problem: string | null
    updated_at: Instant
  }
  lifecycle_rollouts: {
    version: number
    share: number
    per_second: number
    status: RolloutStatus
    /** The last customer that was told, in the order of ids. */
    after: Generated<string>
    told: Generated<number>
    created_at: Instant
    created_by: string | null
    updated_at: Instant
  }
  erasures: {
    erasure_id: string
    subject: string
    customer_ids: string[]
    status: 'running' | 'done'
    receipt: ColumnType<ErasureReceipt, string, string>
    created_at: Instant
    created_by: string | null
    completed_at: NullableInstant
    worked_until: NullableInstant
  }
  tombstones: { hash: string; kind: string; erasure_id: string; created_at: RecordedAt }
  feedback_counts: {
    day: ColumnType<string, string, never>
    source: string
    kind: string
    verdict: string
    count: BigIntColumn
  }
  feedback_tokens: { provider: string; token: string; body_hash: string; at: Instant }
  dropped_events: { day: ColumnType<string, string, never>; count: BigIntColumn }
  plan_counts: {
    day: ColumnType<string, string, never>
    kind: 'event' | 'trait'
    name: string
    finding: string
    source: string
    slot: number
    message: string | null
    count: BigIntColumn
    refused: BigIntColumn
    first_at: Instant
    last_at: Instant
    last_seq: number | null
  }
  touchpoint_counts: {
    day: ColumnType<string, string, never>
    source: string
    /** Empty: nobody said. */
    channel: string
    event: string
    slot: number
    count: BigIntColumn
    last_seen_at: Instant
  }
  touchpoints: {
    source: string
    /** Empty: all channels that are not told of by themselves. */
    channel: string
    title: string | null
    owner: string | null
    /** ISO 8601. */
    expected_every: string | null
    created_at: Instant
    updated_at: Instant
    updated_by: string | null
  }
  idempotency_keys: {
    key_id: string
    idempotency_key: string
    request_hash: string
    status: number | null
    body: ColumnType<JsonValue | null, string | null | undefined, string | null>
    created_at: RecordedAt
  }
}

/** What was erased where. Holds nothing about the person. */
export interface ErasureReceipt {
  /** Ids of callers, and our own, under which nobody comes back. */
  readonly tombstones: number
  /** Messages that were waiting, and are not sent. Absent: not come to yet. */
  readonly dropped?: number
  /** Whether a channel was still in a conversation after 30 s: what it does is not known. */
  readonly unsettled?: boolean
  /** Runs of the customer's workflows that were deleted in the engine. */
  readonly engineRuns?: number
  /** Rows erased, by table. */
  readonly rows: Readonly<Record<string, number>>
  /** Keys of the engine's payloads that were destroyed. */
  readonly keys?: number
  /** Whether payloads were encrypted when it began: else their bytes may remain in the engine's store. */
  readonly encrypted: boolean
}

export type EventType =
  | 'track'
  | 'page'
  | 'screen'
  | 'identify'
  | 'group'
  | 'alias'
  | 'consent'
  | 'exit'
  | 'migrate'
  | 'rules'
  | 'exclusion'
  | 'offer'
  | 'release'
  | 'leave'
  | 'absorb'
  | 'outcome'

/**
 * `pending`: to be looked at. `merging`: its merge is under way. `merged`: both are one customer.
 * `quarantined`: waits for a person.
 */
export type LinkStatus = 'pending' | 'merging' | 'merged' | 'quarantined' | 'rejected'

/**
 * `superseded`: a newer version took its place. `closed`: no new entries. `stopped`: no new entries,
 * and whoever is inside leaves.
 */
export type VersionStatus = 'live' | 'superseded' | 'closed' | 'stopped'

/** `superseded`: newer rules took their place before everybody was told. */
export type RolloutStatus = 'running' | 'paused' | 'done' | 'superseded'

/** `superseded`: the journey takes nobody from that audience any more. */
export type EntryRunStatus = 'running' | 'paused' | 'done' | 'superseded'

/** `superseded`: other rules were published while it went on. */
export type RetentionStatus = 'asked' | 'running' | 'done' | 'superseded'

export type MigrationStatus = 'running' | 'paused' | 'done' | 'undoing' | 'undone'

/**
 * `waiting`: not asked yet. `asked`, `recalled`: the command to move, or to come back, is in the
 * customer's log. The others say what became of it; `gone`: the run had ended, `kept`: it had taken a
 * step and was not brought back.
 */
export type MigrationRunStatus =
  | 'waiting'
  | 'asked'
  | 'moved'
  | 'exited'
  | 'stayed'
  | 'refused'
  | 'gone'
  | 'recalled'
  | 'undone'
  | 'kept'

/** Rules that are published as a whole, beside the journeys. */

export type JobKind = 'backtest'
export type JobStatus = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export type DeliveryStatus =
  | 'queued'
  | 'sending'
  | 'sent'
  | 'held'
  | 'parked'
  | 'skipped'
  | 'dropped'
  | 'muted'
  | 'failed'
  | 'unknown'

export interface DeferredRow {
  journey: string
  until: string
  reason: string
}
