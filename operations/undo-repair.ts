import { recordCommand } from '../db/commands.ts'
import { findTraits, listRepairs, markUndone } from '../db/trait-repairs.ts'
import { changeTo } from '../domain/customers/repair.ts'
import { DomainError } from '../domain/errors.ts'
import { own } from '../domain/own.ts'
import { isSameJson } from '../domain/same-json.ts'
import { findTraitDoor } from './plan-repairs.ts'
import { sayChanges, type RepairDeps } from './repair-traits.ts'

/**
 * Puts back what a repair changed, where it is still as the repair left it and the value from before would
 * be let in today. Answers how many values that were. Again: nothing is left to do.
 *
 * @throws {DomainError} `not_found`
 */
export async function undoRepair(
  deps: RepairDeps,
  { repairId, keyId }: { readonly repairId: string; readonly keyId: string | null },
): Promise<{ undone: number; skipped: number }> {
  const repairs = await listRepairs(deps.db, repairId)
  if (repairs.length === 0) throw new DomainError('not_found', 'There is no such repair.')
  const open = repairs.filter(({ undoneAt }) => undoneAt === null)
  const profiles = await findTraits(deps.db, [...new Set(open.map((each) => each.customerId))])
  const door = await findTraitDoor(deps.db)
  const undone = open.filter(({ customerId, trait, before, after }) => {
    const traits = profiles.get(customerId)
    if (traits === undefined || !isSameJson(own(traits, trait) ?? null, after)) return false
    return before === null || changeTo(trait, before, traits, door) !== null
  })
  if (undone.length > 0) {
    const back = undone.map((each) => ({ ...each, after: each.before }))
    await sayChanges(deps, `repair-undo:${repairId}`, back)
    await deps.db.transaction().execute(async (trx) => {
      await markUndone(trx, repairId, undone, new Date(deps.now()))
      await recordCommand(trx, {
        keyId,
        action: 'data-quality.undo',
        target: `data-quality/repairs/${repairId}`,
        before: null,
        after: { values: undone.length },
      })
    })
  }
  return { undone: undone.length, skipped: open.length - undone.length }
}
