import { beforeEach, describe, expect, test } from 'vitest'
import { parkForStop } from '../db/parked-sends.ts'
import { pauseResumes } from '../db/resumes.ts'
import { claimSend } from '../db/send-claims.ts'
import { findSendFacts } from '../db/sends.ts'
import type { Ramp } from '../domain/contact/ramp.ts'
import type { StopScope } from '../domain/contact/stop-scope.ts'
import { resumeSends } from '../operations/resume-sends.ts'
import { stopSends, type StopSendsInput } from '../operations/stop-sends.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { createResumeSome } from './resume-rounds.ts'

describeOnEachDatabase('stopped sends', (db) => {
  let world: Deliveries

  beforeEach(async () => {
    world = new Deliveries(db())
    await world.clear()
    await world.publish()
    for (const name of ['ada', 'bob', 'cy']) await world.addCustomer(name)
  })

  const now = () => world.nowMs
  const stop = (scope: StopScope, more: Partial<StopSendsInput> = {}) =>
    stopSends(
      { db: db(), now },
      { scope, exceptClasses: [], reason: 'a wrong price', keyId: null, ...more },
    )
  const lift = (scope: StopScope, ramp: Ramp = { type: 'perSecond', perSecond: 100 }) =>
    resumeSends({ db: db(), now, onResume: () => {} }, { scope, ramp, keyId: null })
  /** A round, so long after the one before. */
  const round = (resumeId: string, afterMs = 1_000) => {
    world.nowMs += afterMs
    const { channels } = world
    return createResumeSome({ db: db(), channels, now })({ resumeId })
  }

  describe('a stop', () => {
    test('parks what is about to be sent, with what it is worth', async () => {
      await stop('all')
      const outcome = await world.deliver('ada', { worth: 12, group: 'customers' })
      expect(outcome).toEqual({ type: 'parked', reason: 'stop:all' })
      expect(world.reached).toEqual([])
      expect(await world.row('ada')).toMatchObject({
        status: 'parked',
        reason: 'stop:all',
        parked_for: 'stop:all',
        worth: 12,
        customer_group: 'customers',
        released_at: null,
      })
    })

    test.each<[StopScope, string]>([
      [{ channel: 'email' }, 'stop:channel:email'],
      [{ journey: 'welcome' }, 'stop:journey:welcome'],
    ])('of %j says so', async (scope, reason) => {
      await stop(scope)
      expect(await world.deliver('ada')).toEqual({ type: 'parked', reason })
    })

    test('leaves other channels and journeys alone', async () => {
      await stop({ channel: 'webhook' })
      await stop({ journey: 'other' })
      expect(await world.deliver('ada')).toMatchObject({ type: 'sent' })
    })

    test('spares classes that are excepted; the last call says which', async () => {
      await stop('all', { exceptClasses: ['service'] })
      expect(await world.deliver('ada', { class: 'service' })).toMatchObject({ type: 'sent' })
      expect(await world.deliver('bob')).toMatchObject({ type: 'parked' })
      await stop('all')
      expect(await world.deliver('cy', { class: 'service' })).toMatchObject({ type: 'parked' })
      expect(await db().selectFrom('stops').select('stop_id').execute()).toHaveLength(1)
    })

    test('holds for test customers too', async () => {
      await world.addCustomer('tess', true)
      await stop('all')
      expect(await world.deliver('tess', { test: true })).toMatchObject({ type: 'parked' })
    })

    test('holds what would be refused too: no run passes its message meanwhile', async () => {
      await stop('all')
      const broken = { message: 'no such message' }
      expect(await world.deliver('ada', broken)).toMatchObject({ type: 'parked' })
      await lift('all')
      expect(await world.deliver('ada', broken)).toMatchObject({ type: 'refused' })
    })

    test('that comes between the judgement and the claim still stops it', async () => {
      // What has been looked up says nothing of a stop yet; the claim looks once more.
      const request = world.request('ada')
      expect(await findSendFacts(db(), request)).toMatchObject({ stop: null })
      await stop('all')
      const claim = { to: 'a', at: new Date(now()), isRepeat: false }
      expect(await claimSend(db(), request, claim)).toEqual({ type: 'stopped' })
      expect(await world.row('ada')).toBeUndefined()
    })

    test('what died in its conversation is settled, or parked where it may be repeated', async () => {
      const die = async (customerId: string, changes: object) => {
        world.email.answers = [new Error('killed')]
        await expect(world.deliver(customerId, changes)).rejects.toThrow('killed')
      }
      await die('ada', {})
      await die('bob', { class: 'service' })
      await stop('all')
      expect(await world.deliver('ada')).toMatchObject({ type: 'unknown' })
      expect(await world.deliver('bob', { class: 'service' })).toMatchObject({ type: 'parked' })
      expect(world.email.sent).toHaveLength(2)
    })
  })

  describe('a resume', () => {
    test('needs a stop of exactly its scope', async () => {
      await stop({ channel: 'email' })
      await expect(lift('all')).rejects.toMatchObject({ code: 'conflict' })
      await lift({ channel: 'email' })
      await expect(lift({ channel: 'email' })).rejects.toMatchObject({ code: 'conflict' })
    })

    test('lets go the most valuable first, then the oldest, at its rate, until none is left', async () => {
      await stop('all')
      await world.deliver('ada', { worth: 1 })
      await world.deliver('bob', { worth: 9 })
      await world.deliver('cy', { worth: 1 })
      const { resumeId } = await lift('all', { type: 'perSecond', perSecond: 1 })
      expect(await round(resumeId)).toEqual({ isOver: false, nextInMs: 1_000 })
      expect(await world.released()).toEqual(['bob.1.1.email'])
      await round(resumeId)
      expect(await round(resumeId)).toEqual({ isOver: true, nextInMs: 0 })
      expect(await world.released()).toEqual(['bob', 'ada', 'cy'].map((who) => `${who}.1.1.email`))
      expect(await db().selectFrom('resumes').select(['status', 'released']).execute()).toEqual([
        { status: 'done', released: 3 },
      ])
      expect((await world.row('bob'))?.released_at).not.toBeNull()
    })

    test('what was let go passes the whole gate again, and goes out once', async () => {
      await stop('all')
      await world.deliver('ada')
      await world.deliver('bob')
      const { resumeId } = await lift('all')
      await round(resumeId)
      await db()
        .updateTable('consents')
        .set({ granted: false })
        .where('customer_id', '=', 'bob')
        .execute()
      const tries = [1, 2, 3].map(() => world.deliver('ada', { attempt: 2 }))
      await Promise.allSettled(tries)
      expect(world.reached).toEqual(['ada'])
      expect(await world.deliver('bob', { attempt: 2 })).toEqual({
        type: 'dropped',
        reason: 'no_consent',
      })
      expect(await world.row('ada')).toMatchObject({ status: 'sent', parked_for: null })
    })

    test('ends when the same, or more, is stopped again; the next one takes up what is left', async () => {
      await stop({ channel: 'email' })
      for (const name of ['ada', 'bob']) await world.deliver(name)
      const first = await lift({ channel: 'email' }, { type: 'perSecond', perSecond: 1 })
      await round(first.resumeId)
      await stop('all')
      expect(await round(first.resumeId)).toMatchObject({ isOver: true })
      expect(await world.released()).toHaveLength(1)
      // The one that was let go is stopped again, too.
      expect(await world.deliver('ada', { attempt: 2 })).toEqual({
        type: 'parked',
        reason: 'stop:all',
      })
      const second = await lift('all')
      expect(await round(second.resumeId)).toMatchObject({ isOver: true })
      expect(await world.released()).toHaveLength(3)
    })

    test('goes on beside a narrower stop, and leaves what that keeps back', async () => {
      await stop('all')
      await world.deliver('ada')
      await world.deliver('bob', { class: 'service' })
      const { resumeId } = await lift('all')
      await stop({ journey: 'welcome' }, { exceptClasses: ['service'] })
      expect(await round(resumeId)).toMatchObject({ isOver: true })
      expect(await world.released()).toEqual(['bob.1.1.email'])
      const rest = await lift({ journey: 'welcome' })
      await round(rest.resumeId)
      expect(await world.released()).toEqual(['bob.1.1.email', 'ada.1.1.email'])
    })

    test('a send that was being parked when it was lifted is judged again, not forgotten', async () => {
      await stop('all')
      await lift('all')
      const aside = { at: new Date(now()), isRepeat: false }
      expect(await parkForStop(db(), world.request('ada'), aside)).toBeNull()
      expect(await world.row('ada')).toBeUndefined()
    })

    test('without a ramp goes on from what was sent before the stop', async () => {
      await world.enforce({
        warmUp: { 'shop.example': { from: '2026-01-01T00:00:00Z', perDay: [1, 2, 500, 900] } },
      })
      await world.deliver('ada')
      await world.deliver('bob')
      world.nowMs += 60_000
      await stop('all')
      world.nowMs += 3_600_000
      await world.deliver('cy')
      const { resumeId } = await resumeSends(
        { db: db(), now, onResume: () => {} },
        { scope: 'all', ramp: undefined, keyId: null },
      )
      await round(resumeId)
      const { ramp } = await db().selectFrom('resumes').select('ramp').executeTakeFirstOrThrow()
      expect(ramp).toMatchObject({
        email: { ramp: { type: 'perDay', perDay: [2, 500, 900] } },
        webhook: { ramp: { type: 'doubling', from: 1, to: 1 } },
      })
    })

    test('one that is over stays over', async () => {
      await stop('all')
      const { resumeId } = await lift('all')
      await round(resumeId)
      await db()
        .transaction()
        .execute((trx) => pauseResumes(trx, { scope: 'all', name: null }, new Date(now())))
      expect(await db().selectFrom('resumes').select('status').execute()).toEqual([
        { status: 'done' },
      ])
    })
  })
})
