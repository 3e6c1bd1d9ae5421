import { capUse, civilPlace } from '../decide/caps.ts'
import { boundUntil, productsHad, replacementsOf } from '../decide/owned-products.ts'
import type { PreferenceBlock } from '../decide/preferences.ts'
import type { DecideState, Touch } from '../decide/state.ts'
import { leftBy, tooSoon } from '../decide/touches.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { lengthText } from './clock-text.ts'

const iso = (at: number): string => new Date(at).toISOString()

/** What decide knows of a subscriber, as far as it can hold something back. */
export interface DecideView {
  readonly identity_ended_at: string | null
  readonly language: string | null
  /** What profiles have said; what is not named is refused. */
  readonly consent: readonly {
    readonly for: string
    readonly granted: boolean
    readonly in_force_from: string
    readonly ref: string
  }[]
  /** Products that the subscriber has, as profiles and orders say. */
  readonly products: readonly string[]
  /** The last day of what binds them, YYYY-MM-DD. */
  readonly contract_end: string | null
  /** What the subscriber doesn't want to get: each block in words as `channels=ivr days=sunday,holiday`, one of everything as ''. */
  readonly preferences: {
    readonly in_force_from: string
    readonly ref: string
    readonly blocks: readonly string[]
  } | null
  /** What the regulator's register said. */
  readonly register: { readonly listed: boolean; readonly checked_at: string; readonly ref: string } | null
  readonly intervals: readonly {
    readonly code: string
    readonly rule: string
    readonly key: string
    readonly since: string
    readonly until: string
    readonly channels: readonly string[]
    readonly purposes: readonly string[]
  }[]
  readonly caps: readonly {
    readonly id: string
    readonly purposes: readonly string[]
    readonly channels: readonly string[]
    readonly categories: readonly string[]
    readonly count: number
    readonly most: number
    readonly reached: boolean
    readonly until: string | null
  }[]
  /** Purposes whose gap since the last touch isn't over. */
  readonly gaps: readonly {
    readonly purpose: string
    readonly length: string
    readonly last: string
    readonly until: string
  }[]
  readonly touches: readonly {
    readonly command_id: string
    readonly purpose: string
    readonly channel: string
    readonly rule: string | null
    readonly offer: string | null
    readonly category: string | null
    readonly at: string
    readonly state: string
    /** Until when it may yet leave; null: it has left, or doesn't. */
    readonly may_leave_until: string | null
  }[]
  /** What was said to offers: coolings go by it. */
  readonly answers: readonly {
    readonly at: string
    readonly refused: boolean
    readonly rule: string | null
    readonly offer: string | null
  }[]
  /** How the subscriber wants to be reached, and where there was no address lately. */
  readonly channels: {
    readonly preferred: { readonly channel: string; readonly stated: boolean; readonly since: string } | null
    readonly without_address: readonly { readonly channel: string; readonly at: string }[]
  }
  /** Commands behind which others may follow through other channels. */
  readonly chains: readonly {
    readonly moment_id: string
    readonly offer: string | null
    readonly channel: string
    readonly attempt: number
    readonly command_id: string
    /** Until when delivery is waited for; null: only a word of the channel ends the waiting. */
    readonly until: string | null
  }[]
  /** Moments that wait. */
  readonly deferred: readonly {
    readonly moment_id: string
    readonly rule: string | null
    readonly until: string
    /** Since when it waits until what lies on the log has been read, and is looked at again at `until`; null: for something else. */
    readonly held_since: string | null
    /** The pause whose end it waits for; null: it waits for something else. */
    readonly paused_by: string | null
    /** It could be said, and waits until then for others that are worth more. */
    readonly competes: boolean
  }[]
  /** Moments that another one was worth more than: judged again if its command provably doesn't leave. */
  readonly losers: readonly { readonly moment_id: string; readonly rule: string | null; readonly lost_to: string }[]
  /** Commands that were taken back, and of which nothing was heard since. */
  readonly withdrawn: readonly string[]
  /** By rule with `once`: the last moment that the subscriber was contacted for. */
  readonly contacts: readonly { readonly rule: string; readonly at: string }[]
}

const touchesShown = 20
const answersShown = 20

/** As of `now`, newest first. The birth date stays out. */
export function decideView(
  state: DecideState,
  { policy, offers }: Pick<Catalogue, 'policy' | 'offers'>,
  now: number,
): DecideView {
  const { facts } = state
  const replacements = replacementsOf(offers)
  const zone = facts.time_zone?.value ?? policy.defaultTimeZone
  const purposes = Object.keys(policy.gaps) as (keyof typeof policy.gaps)[]
  return {
    identity_ended_at: facts.ended_at === null ? null : iso(facts.ended_at),
    language: facts.language?.value ?? null,
    consent: Object.entries(facts.consent)
      .map(([name, { granted, from, ref }]) => ({ for: name, granted, in_force_from: iso(from), ref }))
      .sort((a, b) => (a.for < b.for ? -1 : 1)),
    products: productsHad(state.products, replacements),
    contract_end: boundUntil(state.products, replacements) ?? null,
    preferences: facts.preferences && {
      in_force_from: iso(facts.preferences.from),
      ref: facts.preferences.ref,
      blocks: facts.preferences.blocks.map(blockText),
    },
    register: facts.register && {
      listed: facts.register.listed,
      checked_at: iso(facts.register.at),
      ref: facts.register.ref,
    },
    intervals: state.intervals
      .filter(({ open, at, until }) => open && at <= now && until > now)
      .map(({ code, rule, key, at, until, channels, purposes: held }) => {
        return { code, rule, key, since: iso(at), until: iso(until), channels, purposes: held }
      }),
    caps: policy.caps.map((cap) => {
      const { id, purposes: counted, channels = [], categories = [], most } = cap
      const { count, isReached, until } = capUse(cap, state.touches, now, civilPlace(facts, zone))
      const again = isReached && until !== null ? iso(until) : null
      return { id, purposes: counted, channels, categories, count, most, reached: isReached, until: again }
    }),
    gaps: purposes.flatMap((purpose) => {
      const soon = tooSoon(policy, state.touches, purpose, now)
      return soon ? [{ purpose, length: lengthText(soon.gap), last: iso(soon.last), until: iso(soon.until) }] : []
    }),
    touches: state.touches
      .toSorted((a, b) => b.at - a.at)
      .slice(0, touchesShown)
      .map((touch) => touchView(touch, now)),
    answers: state.answers
      .toSorted((a, b) => b.at - a.at)
      .slice(0, answersShown)
      .map(({ at, refused, rule, offer }) => ({ at: iso(at), refused, rule, offer })),
    channels: channelsView(state.channels),
    chains: state.chains
      .filter(({ phase }) => phase === 'sent')
      .map(({ moment_id, offer, channel, attempt, command_id, look_at }) => {
        const until = look_at === null ? null : iso(look_at)
        return { moment_id, offer, channel, attempt, command_id, until }
      }),
    deferred: state.deferred.map(({ moment_id, until, moment, held_since, paused_by, competes }) => {
      const held = held_since === null ? null : iso(held_since)
      return { moment_id, rule: moment?.rule ?? null, until: iso(until), held_since: held, paused_by, competes }
    }),
    losers: state.losers.map(({ moment_id, moment, lost_to }) => ({ moment_id, rule: moment?.rule ?? null, lost_to })),
    withdrawn: state.open.flatMap(({ command_id, withdrawn }) => (withdrawn ? [command_id] : [])),
    contacts: state.contacts.map(({ rule, at }) => ({ rule, at: iso(at) })),
  }
}

function touchView(touch: Touch, now: number): DecideView['touches'][number] {
  const { command_id, purpose, channel, rule, offer, category, at, state } = touch
  const until = leftBy(touch)
  const may_leave_until = state === 'reserved' && until > now ? iso(until) : null
  return { command_id, purpose, channel, rule, offer, category, at: iso(at), state, may_leave_until }
}

function channelsView({ stated, heard, unaddressed }: DecideState['channels']): DecideView['channels'] {
  const preferred = stated ?? heard
  return {
    preferred: preferred && { channel: preferred.value, stated: stated !== null, since: iso(preferred.at) },
    without_address: Object.entries(unaddressed).map(([channel, at]) => ({ channel, at: iso(at) })),
  }
}

const blockText = ({ categories, channels, bands, days }: PreferenceBlock): string =>
  Object.entries({ categories, channels, bands, days })
    .flatMap(([name, words]) => (words.length === 0 ? [] : [`${name}=${words.join(',')}`]))
    .join(' ')
