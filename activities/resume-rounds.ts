import type { Kysely, Transaction } from 'kysely'
import type { Channels } from '../channels/channel.ts'
import { listResumable, releaseSends } from '../db/parked-sends.ts'
import { findPolicyInForce } from '../db/policy-in-force.ts'
import { listVolumeBefore, lockResume, updateResume, type ResumeRow } from '../db/resumes.ts'
import type { Database } from '../db/schema.ts'
import { rampAfter, releaseNow, type ChannelRamp } from '../domain/contact/ramp.ts'
import { CHANNELS, type ChannelName } from '../domain/journeys/values.ts'
import { own } from '../domain/own.ts'
import type { ResumeActivities } from './contract.ts'

interface Deps {
  readonly db: Kysely<Database>
  readonly channels: Channels
  /** Real time. */
  readonly now: () => number
}

/**
 * One round of a resume: lets go as many sends as the ramp of their channel allows by now. A round
 * that is repeated goes on where the one before ended.
 */
export const createResumeSome =
  ({ db, channels, now }: Deps): ResumeActivities['resumeSome'] =>
  ({ resumeId }) =>
    db.transaction().execute(async (trx) => {
      const resume = await lockResume(trx, resumeId)
      if (resume?.status !== 'running') return { isOver: true, nextInMs: 0 }
      const nowMs = now()
      const planned = await rampsOf(trx, resume, { channels, nowMs })
      const rounds = []
      for (const channel of CHANNELS)
        rounds.push({ channel, ...(await nextOn(trx, resume, channel, planned[channel], nowMs)) })
      const sends = rounds.flatMap((round) => round.sends)
      await releaseSends(trx, sends, { reason: 'resumed', nowMs })
      const open = rounds.filter(({ hasMore }) => hasMore)
      const isOver = open.length === 0
      await updateResume(
        trx,
        {
          resumeId,
          ramp: Object.fromEntries(rounds.map(({ channel, ramp }) => [channel, ramp])),
          status: isOver ? 'done' : 'running',
          released: resume.released + sends.length,
        },
        new Date(nowMs),
      )
      return { isOver, nextInMs: isOver ? 0 : Math.min(...open.map((round) => round.nextInMs)) }
    })

async function nextOn(
  trx: Transaction<Database>,
  resume: ResumeRow,
  channel: ChannelName,
  { ramp, spentMs: since }: ChannelRamp,
  nowMs: number,
) {
  const beganMs = resume.createdAt.getTime()
  const { count, spentMs, nextInMs } = releaseNow({ ramp, spentMs: since }, { beganMs, nowMs })
  const found = await listResumable(trx, resume, { channel, limit: count + 1 })
  return {
    ramp: { ramp, spentMs },
    nextInMs,
    sends: found.slice(0, count),
    hasMore: found.length > count,
  }
}

/** What was asked for; else the first round plans it, since it knows whose reputation mails are on. */
async function rampsOf(
  trx: Transaction<Database>,
  resume: ResumeRow,
  { channels, nowMs }: { readonly channels: Channels; readonly nowMs: number },
): Promise<Record<ChannelName, ChannelRamp>> {
  const missing = CHANNELS.filter((channel) => resume.ramp[channel] === undefined)
  if (missing.length === 0) return resume.ramp as Record<ChannelName, ChannelRamp>
  const before = await listVolumeBefore(trx, resume.stoppedAt)
  const curves = (await findPolicyInForce(trx))?.document.warmUp
  const plan = (channel: ChannelName): ChannelRamp => {
    const domain = channels[channel].senderDomain
    const curve = domain === undefined ? undefined : own(curves, domain)
    return { ramp: rampAfter(before[channel], curve?.perDay), spentMs: nowMs }
  }
  const planned = missing.map((channel) => [channel, plan(channel)] as const)
  return { ...resume.ramp, ...Object.fromEntries(planned) } as Record<ChannelName, ChannelRamp>
}
