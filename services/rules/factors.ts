import { deterministicId } from '../domain/ids.ts'
import { bareNamesIn } from './condition.ts'
import { contentOf } from './content.ts'
import { checkFactor, kindOfFactor } from './factor.ts'
import type { MadeFactor } from './factor-desugar.ts'
import { orderByReads } from './factor-order.ts'
import { isNew } from './once-only.ts'
import { type Problem, problem } from './problem.ts'
import type { RawFactor, RawScorePart } from './raw.ts'
import type { Factor } from './ruleset.ts'
import { createFactorScopes, type FactorScopes } from './scope.ts'
import { checkShape } from './shape.ts'
import type { SourceNode } from './source.ts'
import type { Subject } from './subject.ts'
import type { Tag } from './tags.ts'

/** Names which mean something else in a condition: its own, and the words that CEL and its dialects keep for themselves. */
const taken = new Set(
  (
    'event now value known min max abs int uint double bool string bytes has in true false null type list map dyn size ' +
    'duration timestamp as break const continue else for function if import let loop package namespace return var void ' +
    'while all exists filter optional matches null_type bind cel prototype'
  ).split(' '),
)

/** A factor on its way, its shape mended where it was wrong. */
interface Draft {
  readonly id: string
  readonly raw: RawFactor
  readonly kind: NonNullable<ReturnType<typeof kindOfFactor>>
  readonly subject: Subject
  readonly reads: ReadonlySet<string>
  /** The first of its id, which is a name: what others read under it. */
  readonly isNamed: boolean
  /** Of one with a fault in its shape the type isn't known, so that the rules which read it aren't blamed too. */
  readonly isWhole: boolean
}

export interface CheckedFactors {
  /** Each behind those that it reads. */
  readonly factors: readonly Factor[]
  readonly scopes: FactorScopes
  /** Content hash of each, and of what it is computed from: part of the version of the rules that read it. */
  readonly versions: ReadonlyMap<string, string>
}

/** All factors of a catalogue; what is wrong with them is added to `problems`. `lost`: ids of files that could not be read. */
export function checkFactors(
  nodes: readonly SourceNode[],
  tags: ReadonlyMap<string, Tag | undefined>,
  lost: ReadonlySet<string>,
  problems: Problem[],
): CheckedFactors {
  const scopes = createFactorScopes()
  const all = readDrafts(nodes, scopes, problems)
  const drafts = all.filter(({ isNamed }) => isNamed)
  const drafted = new Set(drafts.map(({ id }) => id))
  for (const id of lost) if (!drafted.has(id)) scopes.add(id, undefined)
  const { order, circles } = orderByReads(drafts)
  const ordered = new Set(order)
  for (const draft of drafts) if (!ordered.has(draft)) scopes.add(draft.id, undefined)
  for (const circle of circles) tellCircle(circle)
  tellDepth(order)

  const made = new Map<Draft, readonly Factor[]>()
  const versions = new Map<string, string>()
  // The condition of a streak reads `value`, whose scope closes the list of factors: it comes when all others are known.
  const isStreak = ({ raw }: Draft) => raw.aggregate === 'streak'
  for (const { id } of order.filter(isStreak)) scopes.add(id, { type: 'int' })
  for (const draft of [...order.filter((each) => !isStreak(each)), ...order.filter(isStreak)]) {
    const { id, raw, subject, kind, isWhole } = draft
    const result = checkFactor(raw, kind, subject, scopes, tags)
    if (!isStreak(draft)) scopes.add(id, isWhole ? result?.known : undefined)
    if (result)
      made.set(
        draft,
        result.factors.map((factor) => complete(factor, raw, subject)),
      )
  }
  for (const { raw, subject, kind, isNamed } of all) if (!isNamed) checkFactor(raw, kind, subject, scopes, tags)
  for (const { id, raw, reads } of order) {
    const read = [...reads].map((other) => versions.get(other) ?? '')
    versions.set(id, deterministicId('factor', contentOf(raw), ...read))
  }
  return { factors: order.flatMap((draft) => made.get(draft) ?? []), scopes, versions }
}

function readDrafts(nodes: readonly SourceNode[], scopes: FactorScopes, problems: Problem[]): readonly Draft[] {
  const drafts: Draft[] = []
  const seen = new Map<string, undefined>()
  for (const node of nodes) {
    const shaped = checkShape('factor', node, problems)
    const id = node.id ?? shaped?.raw.id
    if (id === undefined) continue
    const isFirst = isNew('factor', id, seen, node, problems)
    seen.set(id, undefined)
    if (taken.has(id)) {
      const message = `'${id}' means something else in conditions; choose another name`
      problems.push(problem('KM_FACTOR_ID', message, node.at(['id'])))
    }
    const kind = shaped && kindOfFactor(shaped.raw, shaped.subject)
    if (shaped && kind) {
      const { raw, subject, isWhole } = shaped
      const isNamed = isFirst && !taken.has(id)
      drafts.push({ id, raw, kind, subject, isNamed, isWhole, reads: readsOf(raw, scopes) })
    } else if (isFirst && !taken.has(id)) scopes.add(id, undefined)
  }
  return drafts
}

function readsOf(
  { derive, ratio, score, quantiles, while: condition }: RawFactor,
  scopes: FactorScopes,
): ReadonlySet<string> {
  if (ratio) return new Set([ratio.of, ratio.to])
  if (quantiles) return new Set([quantiles.of])
  if (score) return new Set(score.flatMap((part) => readByPart(part, scopes)))
  const source = derive ?? condition
  return source === undefined ? new Set() : bareNamesIn(source, scopes.scope())
}

const readByPart = ({ of, when }: RawScorePart, scopes: FactorScopes): readonly string[] => [
  ...(of === undefined ? [] : [of]),
  ...(when === undefined ? [] : bareNamesIn(when, scopes.scope())),
]

/** What is computed when it is read is computed within the call of what reads it. */
const depthMax = 50

function tellDepth(order: readonly Draft[]): void {
  const depths = new Map<string, number>()
  for (const { id, raw, reads, subject } of order) {
    const depth = Math.max(0, ...[...reads].map((other) => (depths.get(other) ?? 0) + 1))
    depths.set(id, depth)
    // Those behind it are deeper still; the first one tells.
    if (depth !== depthMax + 1) continue
    const message = `'${id}' is computed through ${depth} factors, one behind the other; ${depthMax} at most`
    subject.fault('KM_RULE_TOO_COMPLEX', message, [keyOfReads(raw)])
  }
}

function tellCircle(circle: readonly Draft[]): void {
  const [first] = circle
  if (!first) return
  const names = circle.map(({ id }) => id)
  const shown = names.length > shownMax ? [...names.slice(0, shownMax), `… (${names.length} in all)`] : names
  const way = [...shown, first.id].join(' → ')
  const message = `'${first.id}' is computed from itself: ${way}; break the circle`
  first.subject.fault('KM_FACTOR_CYCLE', message, [keyOfReads(first.raw)])
}

/** A circle is told whole unless nobody could read it. */
const shownMax = 50

const keyOfReads = ({ derive, ratio, score, quantiles }: RawFactor): string =>
  derive !== undefined ? 'derive' : ratio ? 'ratio' : score ? 'score' : quantiles ? 'quantiles' : 'while'

function complete({ id, type, definition, quantiles }: MadeFactor, raw: RawFactor, subject: Subject): Factor {
  return {
    id,
    title: raw.title,
    ...(raw.description && { description: raw.description }),
    ...(raw.unit !== undefined && { unit: raw.unit }),
    ...(raw.class && { class: raw.class }),
    ...(raw.category !== undefined && { category: raw.category }),
    hidden: id !== raw.id,
    type,
    definition,
    ...(quantiles && id === raw.id && { quantiles }),
    location: subject.node.at([]),
  }
}
