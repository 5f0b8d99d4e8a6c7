import type { Finding } from '../errors.ts'
import { CONTACT_CELLS } from './contact-cells.ts'
import { child } from '../json-pointer.ts'
import { nearestName } from '../nearest-name.ts'
import { CHANNELS } from '../journeys/values.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import type { MatrixRule } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'
import { isMeant } from './scope.ts'

/** What is wrong with groups, and with the matrix over them. */
export function matrixFindings(parts: PolicyParts): Finding[] {
  return [
    ...unreachableGroups(parts),
    ...unknownGroups(parts),
    ...shadowedRules(parts),
    ...replacements(parts),
    ...unusedMessages(parts),
  ]
}

/** The first group that holds is the customer's: nobody gets past one without a condition. */
function unreachableGroups({ groups }: PolicyParts): Finding[] {
  return groups.flatMap(({ path, part }, index): Finding[] => {
    const before = groups
      .slice(0, index)
      .find(({ part: { when } }) => when === undefined || when === part.when)
    if (before === undefined) return []
    const { name, when } = before.part
    return [
      {
        code: 'unreachable_group',
        path,
        message: `Nobody can be in "${part.name}", since "${name}" before it takes ${when === undefined ? 'everybody' : 'the same customers'}; put it before that one, or take it out.`,
        severity: 'error',
      },
    ]
  })
}

function unknownGroups({ groups, matrix, hasUnreadGroups }: PolicyParts): Finding[] {
  // One that cannot be read may be the one that is meant.
  if (hasUnreadGroups) return []
  const known = new Set(groups.map(({ part }) => part.name))
  return matrix.flatMap(({ path, part }) =>
    (part.groups ?? []).flatMap((name, index): Finding[] => {
      if (known.has(name)) return []
      const nearest = nearestName(name, known)
      return [
        {
          code: 'unknown_group',
          path: child(`${path}/groups`, index),
          message: `There is no group "${name}"; ${nearest === null ? 'add it to "groups", or name one that is there.' : `do you mean "${nearest}"?`}`,
          severity: 'error',
        },
      ]
    }),
  )
}

/** A rule all of whose cells are decided by rules before it. */
function shadowedRules({ groups, matrix }: PolicyParts): Finding[] {
  const names = [...groups.map(({ part }) => part.name), null]
  const taken = new Set<string>()
  return matrix.flatMap(({ path, part }): Finding[] => {
    const cells = cellsOf(part, names)
    const isFree = cells.some((cell) => !taken.has(cell))
    for (const cell of cells) taken.add(cell)
    if (isFree || cells.length === 0) return []
    return [
      {
        code: 'shadowed_rule',
        path,
        message:
          'Rules before it decide about everything that it names, so it is never asked; put it before them, or take it out.',
        severity: 'error',
      },
    ]
  })
}

function cellsOf(rule: MatrixRule, names: readonly (string | null)[]): string[] {
  const meant = names.filter(
    (name) => rule.groups === undefined || (name !== null && rule.groups.includes(name)),
  )
  return CONTACT_CELLS.filter((cell) => isMeant(rule, cell)).flatMap((cell) =>
    meant.map((name) => JSON.stringify([cell.class, cell.channel, name])),
  )
}

function replacements({ matrix, messages }: PolicyParts): Finding[] {
  return matrix.flatMap(({ path, part }): Finding[] => {
    if (typeof part.do === 'string') return []
    const { replace } = part.do
    const at = `${path}/do/replace`
    const message = messages.get(replace)
    if (message === undefined) {
      const nearest = nearestName(replace, messages.keys())
      return [
        {
          code: 'unknown_message',
          path: at,
          message: `There is no message "${replace}"; ${nearest === null ? 'add it to "messages".' : `do you mean "${nearest}"?`}`,
          severity: 'error',
        },
      ]
    }
    if (message === null) return []
    return (part.channels ?? CHANNELS)
      .filter((channel) => message[channel] === undefined)
      .map((channel) => ({
        code: 'no_content',
        path: at,
        message: `The message "${replace}" has nothing to say on "${channel}"; write it, or name the channels of this rule.`,
        severity: 'error',
      }))
  })
}

function unusedMessages({ matrix, messages }: PolicyParts): Finding[] {
  const used = new Set(matrix.map(replacedBy))
  // Misspelt, it may mean any of them.
  if ([...used].some((name) => name !== null && !messages.has(name))) return []
  return [...messages.keys()]
    .filter((name) => !used.has(name))
    .map((name) => ({
      code: 'unused_message',
      path: child('/messages', name),
      message: `No rule of the matrix puts "${name}" in the place of another; take it out, or use it.`,
      severity: 'warning',
    }))
}

const replacedBy = ({ part }: Placed<MatrixRule>): string | null =>
  typeof part.do === 'string' ? null : part.do.replace
