import type { DayType } from '../domain/blocked-times.ts'
import type { Profile, PreferenceBlock as SaidBlock } from '../records/types.ts'
import type { Channel } from '../topology.ts'

/** What the subscriber does not want to get, as a whole. */
export interface Preferences {
  /** Orders what was said: `from`, but not later than the event that reported it. */
  readonly since: number
  /** In force from then on. Until then everything is blocked: what held before is not known any more. */
  readonly from: number
  /** What decisions cite. */
  readonly ref: string
  /** Without repetition and in a fixed order. */
  readonly blocks: readonly PreferenceBlock[]
}

/** Messages of these categories, through these channels, at these times of these days; none named: all. */
export interface PreferenceBlock {
  readonly categories: readonly string[]
  readonly channels: readonly Channel[]
  /** As `parseBand` reads them. */
  readonly bands: readonly string[]
  readonly days: readonly DayType[]
}

/** What the regulator's register said when it was asked. */
export interface RegisterCheck {
  readonly listed: boolean
  /** When it was asked, but not later than the event that reported it. */
  readonly at: number
  readonly ref: string
}

const everything: PreferenceBlock = { categories: [], channels: [], bands: [], days: [] }

/** Words in the blocks of a subscriber, and one for each. What says more is kept as a block of everything. */
const wordsMost = 500

/** The newer of what is known and what the profile says; of a tie, what either blocks is blocked. */
export function newerPreferences(known: Preferences | null, { preferences, event_time }: Profile): Preferences | null {
  if (!preferences) return known
  const { since: from, source, evidence_ref, blocks } = preferences
  const since = Math.min(from, event_time)
  const ref = evidence_ref ?? `${source}@${from}`
  const given = { since, from, ref, blocks: inOrder(blocks.map(blockOf)) }
  if (!known || since > known.since) return given
  if (since < known.since) return known
  return {
    since,
    from: Math.max(known.from, from),
    ref: ref > known.ref ? ref : known.ref,
    blocks: inOrder([...known.blocks, ...given.blocks]),
  }
}

/** The newer of what is known and what the profile says; of a tie, the one that lists the subscriber. */
export function newerCheck(known: RegisterCheck | null, { register, event_time }: Profile): RegisterCheck | null {
  if (!register) return known
  const { listed, checked_at, source, evidence_ref } = register
  const given = { listed, at: Math.min(checked_at, event_time), ref: evidence_ref ?? `${source}@${checked_at}` }
  if (!known || given.at !== known.at) return !known || given.at > known.at ? given : known
  if (listed !== known.listed) return listed ? given : known
  return given.ref > known.ref ? given : known
}

const blockOf = ({ categories, channels, bands, days }: SaidBlock): PreferenceBlock => ({
  categories: sorted(categories),
  channels: sorted(channels),
  bands: sorted(bands),
  days: sorted(days),
})

const sorted = <T extends string>(words: readonly T[]): readonly T[] => [...new Set(words)].sort()

/** The same for the same blocks, whatever their order and number; not more than are kept. */
function inOrder(blocks: readonly PreferenceBlock[]): readonly PreferenceBlock[] {
  const byText = new Map(blocks.map((block) => [JSON.stringify(block), block]))
  const words = [...byText.values()].reduce((sum, block) => sum + 1 + wordsOf(block), 0)
  if (words > wordsMost || byText.has(JSON.stringify(everything))) return [everything]
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block)
}

const wordsOf = ({ categories, channels, bands, days }: PreferenceBlock): number =>
  categories.length + channels.length + bands.length + days.length
