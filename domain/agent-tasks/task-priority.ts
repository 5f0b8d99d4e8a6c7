import type { CasePriorityRules } from '../cases/case-rules.ts'
import { loyaltyPart } from '../cases/priority.ts'
import type { JsonObject } from '../json.ts'

export interface TaskPriorityPart {
  readonly name: 'message' | 'loyalty'
  readonly points: number
  readonly because: string
}

export interface TaskPriority {
  readonly points: number
  readonly parts: readonly TaskPriorityPart[]
}

/** How much a proposal is worth making before others: what its message says, and the loyalty of its customer as cases reckon it. */
export function taskPriority(
  { priority, traits }: { readonly priority: number; readonly traits: JsonObject },
  loyalty: CasePriorityRules['loyalty'],
): TaskPriority {
  const parts: TaskPriorityPart[] = [
    { name: 'message', points: priority, because: 'as its message says' },
    loyaltyPart(traits, loyalty),
  ]
  const points = parts.reduce((sum, part) => sum + part.points, 0)
  return { points: Math.round(points * 100) / 100, parts }
}

/** What a task is put in order by. */
export interface TaskRank {
  readonly points: number
  readonly expiresAtMs: number
  readonly taskId: string
}

/** More points first, then what ends earlier, then by id: no two tasks are alike. */
export function compareTasks(a: TaskRank, b: TaskRank): number {
  if (a.points !== b.points) return b.points - a.points
  if (a.expiresAtMs !== b.expiresAtMs) return a.expiresAtMs - b.expiresAtMs
  return a.taskId < b.taskId ? -1 : Number(a.taskId > b.taskId)
}
