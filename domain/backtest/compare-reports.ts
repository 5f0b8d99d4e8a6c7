import type { JsonObject, JsonValue } from '../json.ts'
import type { BacktestComparison, BacktestReport } from './report.ts'

/** Two reports side by side, with b − a figure by figure. */
export function compareReports(a: BacktestReport, b: BacktestReport): BacktestComparison {
  return { a, b, difference: minus(comparable(b), comparable(a)) }
}

/** The figures that can be compared, journeys by key: a draft stands against the version it would replace. */
function comparable(report: BacktestReport): JsonObject {
  const { customers, journeys, sent, switches, withoutArbitration, collisions, load } = report
  return {
    customers: { ...customers },
    journeys: Object.fromEntries(
      journeys.map(({ journey, version: _version, draft: _draft, lane: _lane, ...figures }) => [
        journey,
        structuredCopy(figures),
      ]),
    ),
    sent: structuredCopy(sent),
    switches: Object.fromEntries(
      switches.map(({ from, to, by, left, count }) => [`${from} → ${to} · ${by} · ${left}`, count]),
    ),
    withoutArbitration: { ...withoutArbitration },
    collisions: { ...collisions },
    load: { busiest: load.busiest?.sent ?? 0, median: load.median },
  }
}

/** A plain copy: JSON in, JSON out. */
const structuredCopy = (value: object): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue

function minus(b: JsonObject, a: JsonObject): JsonObject {
  const names = [...new Set([...Object.keys(b), ...Object.keys(a)])].toSorted()
  return Object.fromEntries(
    names.flatMap((name): [string, JsonValue][] => {
      const left = b[name] ?? 0
      const right = a[name] ?? 0
      if (isObject(left) || isObject(right)) {
        const inner = minus(isObject(left) ? left : {}, isObject(right) ? right : {})
        return Object.keys(inner).length === 0 ? [] : [[name, inner]]
      }
      const by = Number(left) - Number(right)
      return by === 0 ? [] : [[name, by]]
    }),
  )
}

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
