import type { LaneInsight } from '../detect/insight.ts'
import type { WindowRow } from '../rules/engine/tracks/track.ts'
import { factorsReadBy } from '../rules/reads.ts'
import type { Factor } from '../rules/ruleset.ts'
import type { FactorAnswer, Row } from './answer.ts'
import { factorWords, windowWords } from './factor-words.ts'
import type { Sentences } from './sentences.ts'
import { type FactorSurroundings, whyUnknown } from './unknown-reason.ts'

const iso = (at: number): string => new Date(at).toISOString()

/** A factor with its value, and what its window holds as far as that was looked at. */
export function factorAnswer(factor: Factor, lane: LaneInsight, surroundings: FactorSurroundings): FactorAnswer {
  const { id, title, unit, definition } = factor
  const { say } = surroundings
  const value = lane.factors[id] ?? null
  const rows = (of: string): readonly Row[] => (lane.windows[of] ?? []).map(rowOf)
  const read = definition.kind === 'derived' ? [...factorsReadBy(definition.value)] : []
  const parts = read.flatMap((part) => {
    const hidden = surroundings.factor(part)
    return hidden?.hidden ? [hidden] : []
  })
  return {
    id,
    title,
    unit: unit ?? null,
    value,
    unknown_because: value === null ? whyUnknown(factor, surroundings) : null,
    of: withPartNames(factorWords(factor, say), id),
    window: windowOf(factor, say),
    rows: rows(id),
    parts: parts.map((part) => ({
      name: part.id.slice(id.length + 1),
      value: lane.factors[part.id] ?? null,
      of: factorWords(part, say),
      window: windowOf(part, say),
      rows: rows(part.id),
    })),
  }
}

/** A part of `x` is `x$part`, which nobody wrote. */
const withPartNames = (words: string, id: string): string => words.replaceAll(`${id}$`, '')

const windowOf = ({ definition }: Factor, say: Sentences): string | null =>
  definition.kind === 'events' ? windowWords(definition.window, say) : null

const rowOf = ({ from, to, ...row }: WindowRow): Row => ({
  from: iso(from),
  ...(to !== undefined && Number.isFinite(to) && { to: iso(to) }),
  ...row,
})
