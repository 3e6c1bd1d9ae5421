import type { CivilPlace } from './civil-fields.ts'
import type { EdgePlace } from './rule-states.ts'
import type { Block, RecordInHand } from './tracks/track.ts'

/** What generated code tells and asks. */
export interface RuleHost extends RecordInHand, CivilPlace {
  readonly zone: RecordInHand['zone']
  /** Time of the event in hand. */
  readonly time: number
  /** What the record in hand remembers of rules: see `rule-states.ts`. */
  readonly states: Block
  /** Where a rule's edge stands in the states. */
  edgePlaceOf(rule: number): EdgePlace
  /** The bits in `mask` of a word of the states, latches or a ladder's, become as in `bits`. */
  setLatches(word: number, mask: number, bits: number): void
  /** The event in hand is not taken yet: edges may only fall, by the time that went by until it. */
  readonly isBefore: boolean
  /** Conditions that were looked at. */
  evaluations: number
  /** Greatest event time of a type (its place in the order of types); -1: none came. */
  headOf(type: number): number
  /** Words of the states that say where edges stand: see `edgeWords`. */
  readonly edgeWords: number
  /** Whether the rule, were it true as of `at`, might fire: it isn't shut by its last firing. */
  mayFire(rule: number, at: number): boolean
  /** The same of a rule of which it is known that it fired last at `last`. */
  isOpenAgain(rule: number, last: number, at: number): boolean
  /** The rule's condition holds as of `at`. */
  fire(rule: number, at: number): void
  /** The condition of a rule with an edge, and its `rearm`, as of `at`: 1, 0, or NaN for unknown (also for no `rearm`). */
  edge(rule: number, at: number, condition: number, rearm: number): void
  /** The event opens (0) or closes (1) an interval of the rule. */
  interval(rule: number, phase: number): void
  /** The event ends what the rule has told, if that was before it. */
  ended(rule: number): void
  /** The event matches a role of the lane's patterns; `key`: `textHash` of the key's value, 0 without a key. */
  matched(role: number, key: number): void
}

/** Finds tracks in the record in hand. */
export interface TrackCursor {
  /** The block of a track; the same object for all. Valid until the next `find`. */
  find(track: number): Block
}
