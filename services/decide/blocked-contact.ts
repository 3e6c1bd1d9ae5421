import { type Band, type BlockedTimes, blockedUntil, nextBlockedStart, parseBand } from '../domain/blocked-times.ts'
import { concerns } from './contact-kinds.ts'
import type { Case, Facts } from './gates.ts'
import type { PreferenceBlock } from './preferences.ts'
import { placeFacts } from './whereabouts.ts'

type Found = { readonly until: number | null; readonly facts: Facts }

/** A block that concerns the case, and who wants it. */
interface Block extends BlockedTimes {
  readonly by: Facts
}

/**
 * The subscriber's preferences or the policy block this category and channel now; `until` is when nothing of both does any
 * more, and the facts name the block that lasts longest.
 */
export function blockedContact(subject: Case): Found | undefined {
  const { state, now, zone, offer } = subject
  const { preferences } = state.facts
  if (preferences && now < preferences.from) {
    return { until: preferences.from, facts: { by: 'preferences', ref: preferences.ref, state: 'not yet' } }
  }
  const blocks = blocksOf(subject)
  const until = blockedUntil(blocks, subject, now)
  if (until === undefined) return undefined
  let longest: Facts = {}
  let end: number | null | undefined
  for (const block of blocks) {
    const own = blockedUntil([block], subject, now)
    if (own === undefined || (end !== undefined && !endsLater(own, end))) continue
    longest = block.by
    end = own
  }
  const category = offer?.category ?? null
  return { until, facts: { ...longest, category, ...placeFacts(state, zone), until } }
}

/** When something begins to block what the case is about, after an instant at which nothing does; Infinity: not while a moment lives. */
export const nextBlockedContact = (subject: Case): number => nextBlockedStart(blocksOf(subject), subject, subject.now)

/** No end is the latest. */
export const endsLater = (one: number | null, other: number | null): boolean =>
  (one ?? Number.POSITIVE_INFINITY) > (other ?? Number.POSITIVE_INFINITY)

function blocksOf(subject: Case): readonly Block[] {
  const { preferences } = subject.state.facts
  const blocks: Block[] = []
  for (const block of preferences?.blocks ?? []) {
    if (!concerns(block, subject)) continue
    blocks.push({ days: block.days, bands: bandsOf(block), by: { by: 'preferences', ref: preferences?.ref ?? null } })
  }
  for (const block of subject.policy.doNotDisturb ?? []) {
    if (concerns(block, subject))
      blocks.push({ days: block.days, bands: block.bands, by: { by: 'policy', id: block.id } })
  }
  return blocks
}

/** The codec lets no other through; a band that can't be read is the whole day. */
const bandsOf = ({ bands }: PreferenceBlock): readonly Band[] => {
  const read = bands.map(parseBand)
  return read.every((band) => band !== undefined) ? read : []
}
