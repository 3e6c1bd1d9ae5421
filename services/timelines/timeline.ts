import type { Location } from '../domain/errors.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { Receipt } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { Channel, EventType } from '../topology.ts'

/** Whose line it is when no name stands in front. */
export const defaultSubscriber = 'subscriber'

/** A timeline that was read and checked: what happens, when, and what must come of it. Instants in ms since 1970. */
export interface Timeline {
  readonly title: string
  readonly location: Location
  /** The rules that it is about; of these every moment must be expected. Empty: all of the catalogue. */
  readonly rules: readonly string[]
  /** What it shows, in names of the reader's own: lines of a specification. */
  readonly covers: readonly string[]
  /** Where its subscribers are unless their profiles say otherwise. IANA name. */
  readonly zone: string
  /** The first local day, counted from 1970-01-01: `day 1`. */
  readonly firstDay: number
  readonly catalogue: Catalogue
  /** How late events may be, by type. */
  readonly grace: Readonly<Partial<Record<EventType, number>>>
  /** In the order of `clock`. */
  readonly steps: readonly TimelineStep[]
  readonly expected: readonly ExpectedMoment[]
  /** Time of the last line, or of an event ahead of it: a moment with a later `at` is not this timeline's matter. */
  readonly end: number
}

/** What is done when the clock stands at `clock`. */
export type TimelineStep = { readonly clock: number; readonly location: Location } & (
  | { readonly kind: 'event'; readonly event: ReadEvent; readonly fate: Fate }
  /** Nothing happens; what was due by then comes. */
  | { readonly kind: 'wait' }
  /** Another catalogue takes over. */
  | { readonly kind: 'catalogue'; readonly catalogue: Catalogue }
  /** The engine ends and comes back: at once with only what it stored. */
  | { readonly kind: 'restart' }
  /** The engine is away: what arrives waits. */
  | { readonly kind: 'down' }
  /** It is back, and handles what waited. */
  | { readonly kind: 'up' }
  /** Factors have these values; null: unknown. */
  | { readonly kind: 'factors'; readonly subscriber: string; readonly values: Readonly<Record<string, Known>> }
  /** A channel says what became of the subscriber's last command, or of the last through this channel. */
  | ({ readonly kind: 'receipt'; readonly subscriber: string } & SaidByChannel)
  /** Decide's next decision on the subscriber is this. */
  | { readonly kind: 'decision'; readonly subscriber: string; readonly decision: ExpectedDecision }
)

/** What a receipt says. */
export interface SaidByChannel {
  /** none: nothing, as the command waits somewhere. */
  readonly status: Receipt['status'] | 'none'
  /** undefined: that of the last command. */
  readonly channel: Channel | undefined
  readonly code: string | null
}

export interface ExpectedDecision {
  readonly outcome: 'command' | 'suppressed' | 'deferred' | 'withdrawn'
  /** The offer of a command, the code of others; undefined: whichever. */
  readonly about: string | undefined
  /** The codes behind the first, all of them; undefined: whichever. */
  readonly also: readonly string[] | undefined
  /** Of a command: when its task is due. */
  readonly until: number | undefined
  /** Of a command. */
  readonly text: string | undefined
  /** Of a command; undefined: whichever. */
  readonly channel: string | undefined
  /** Of a command to do a task. */
  readonly team: string | undefined
  readonly tier: string | undefined
}

export type Known = number | boolean | string | null

/** What must become of an event. */
export type Fate =
  | { readonly kind: 'taken' }
  | { readonly kind: 'late' }
  | { readonly kind: 'duplicate' }
  /** Without a code: whatever the reason. */
  | { readonly kind: 'dead-letter'; readonly code: string | undefined }

export interface ExpectedMoment {
  readonly location: Location
  readonly rule: string
  readonly subscriber: string
  readonly at: number
  /** It must be noticed at exactly this time of the clock; undefined: whenever. */
  readonly noticed: number | undefined
  /** Only what is named is compared. */
  readonly evidence: Readonly<Record<string, Known>>
  readonly occurrence: string | undefined
  readonly phase: 'open' | 'closed' | 'ended' | undefined
  readonly key: string | undefined
  readonly until: number | undefined
  /** shadow: of a rule on trial, recorded and never sent. */
  readonly mode: 'live' | 'shadow'
}
