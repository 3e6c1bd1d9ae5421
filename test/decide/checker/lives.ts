import fc from 'fast-check'
import type { Command, Moment, PreferenceBlock, Profile, Receipt } from '../../../services/records/types.ts'
import type { Purpose } from '../../../services/rules/ruleset.ts'
import { commandOfMoment } from '../timeline.ts'
import type { Told } from './history.ts'
import type { Timed } from './record.ts'
import {
  bandText,
  blockedDays,
  offerIds,
  products,
  ruleIds,
  segments,
  someCategories,
  someChannels,
  zones,
} from './worlds.ts'

/** What befalls a subscriber: around the nights in which clocks change, the ends of years, and birthdays. */

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const beginnings = [
  '2026-02-27T12:00Z', // who was born on 29 February is of age on 1 March
  '2026-03-07T12:00Z', // New York: the night after
  '2026-03-28T06:00Z', // Berlin: the night after
  '2026-04-04T06:00Z', // Lord Howe, Santiago: the night after; Easter
  '2026-04-23T08:00Z', // Cairo: the night after
  '2026-09-05T12:00Z', // Santiago: the next midnight is missing
  '2026-10-03T06:00Z', // Lord Howe
  '2026-10-24T06:00Z', // Berlin: the night after
  '2026-10-31T12:00Z', // New York
  '2026-12-29T12:00Z', // the end of a year
] as const

const after = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 16 }).map((half) => half * 30 * minute) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 5 * hour }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0, 1).map((ms) => 30 * minute + ms) },
  { weight: 1, arbitrary: fc.constantFrom(day, 3 * day, 20 * day, 90 * day) },
)

const block: fc.Arbitrary<PreferenceBlock> = fc.record({
  categories: someCategories,
  channels: someChannels,
  bands: fc.array(bandText, { maxLength: 2 }),
  days: blockedDays,
})

type Said = Partial<Omit<Profile, 'preferences' | 'register' | 'consent'>> & {
  readonly blocks?: readonly PreferenceBlock[]
  readonly listed?: boolean
  readonly consent?: {
    readonly channel: 'sms' | 'ivr'
    readonly purpose: 'marketing' | 'care'
    readonly isYes: boolean
  }
  /** Said so much before it was told; below 0: it begins later. */
  readonly ago?: number
}

const ago = fc.constantFrom(0, 0, hour, 2 * day, -3 * hour)
const says: fc.Arbitrary<Said> = fc.oneof(
  fc.constantFrom(...zones).map((time_zone) => ({ time_zone })),
  fc.constantFrom('china', 'germany', 'atlantis').map((calendar) => ({ calendar })),
  fc
    .constantFrom('2008-02-29', '2008-03-29', '2008-10-25', '2008-04-05', '2008-10-26', '2008-02-28')
    .map((birth_date) => ({ birth_date })),
  fc.constantFrom(1, 15, 28, 31).map((billing_day) => ({ billing_day })),
  fc.record({ blocks: fc.array(block, { maxLength: 2 }), ago }),
  fc.record({ listed: fc.nat({ max: 5 }).map((some) => some === 0), ago }),
  fc.record({
    consent: fc.record({
      channel: fc.constantFrom('sms', 'sms', 'ivr'),
      purpose: fc.constantFrom('marketing', 'marketing', 'care'),
      isYes: fc.constantFrom(true, true, false),
    }),
    ago,
  }) as fc.Arbitrary<Said>,
  fc.record({ products: fc.subarray(products), ago }),
  fc.constantFrom('basic', 'gold').map((plan) => ({ plan })),
  fc.constantFrom('2026-04-15', '2026-11-30', '2026-01-31').map((contract_end) => ({ contract_end })),
)

const happenings = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('moment' as const),
      rule: fc.oneof(
        { weight: 40, arbitrary: fc.constantFrom(...ruleIds, 'marketing' as const) },
        { weight: 1, arbitrary: fc.constant('gone' as const) },
      ),
      expires: fc.constantFrom(hour, 6 * hour, 12 * hour, 20 * hour, 2 * day, 6 * day),
      late: fc.constantFrom(0, 0, 0, 30 * minute, hour),
      offers: fc.array(fc.constantFrom(...offerIds, ...offerIds, 'gone'), { minLength: 1, maxLength: 3 }),
      segments: fc.record(
        { value: fc.constantFrom(segments[0], segments[1]), network: fc.constantFrom(segments[2], segments[3]) },
        { requiredKeys: [] },
      ),
      evidence: fc.constantFrom<Moment['evidence']>(
        ...[{}, {}, {}, {}, { abroad: null, country: 'TH' }, { abroad: false }, { abroad: true, country: 'atlantis' }],
        ...['TH', 'PT', 'NZ'].map((country) => ({ abroad: true, country })),
      ),
      isShadow: fc.nat({ max: 60 }).map((some) => some === 0),
    }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('profile' as const), said: says }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('receipt' as const),
      of: fc.nat(),
      status: fc.constantFrom<Receipt['status']>('accepted', 'failed', 'unknown', 'delivered', 'expired'),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('disturbance' as const),
      phase: fc.constantFrom('open', 'closed'),
      code: fc.constantFrom('do-not-disturb', 'open-issue', 'live-call'),
      key: fc.constantFrom('1', '1', '1', '2'),
      longest: fc.constantFrom(hour, 6 * hour, 3 * day),
      lingers: fc.constantFrom(null, 12 * hour),
      purposes: fc.constantFrom<readonly Purpose[]>([], [], [], ['marketing'], ['service']),
      channels: fc.constantFrom<readonly ('sms' | 'ivr')[]>([], [], ['sms'], ['ivr']),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('reply' as const),
      of: fc.option(fc.nat()),
      text: fc.constantFrom('no', 'no', 'no', 'yes', 'perhaps', 'stop'),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      product: fc.constantFrom(...products),
      action: fc.constantFrom('subscribe', 'subscribe', 'unsubscribe'),
      contract_end: fc.constantFrom(null, null, '2026-05-01'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ kind: 'profile' as const, said: { status: 'deactivated' as const } }),
  },
)
type Happening = typeof happenings extends fc.Arbitrary<infer T> ? T : never

type Disturbance = Happening & { readonly kind: 'disturbance' }

/** What is closed is mostly what was opened last. */
function closing(happening: Happening, opened: Disturbance[]): Happening {
  if (happening.kind !== 'disturbance') return happening
  if (happening.phase === 'open') opened.push(happening)
  const last = happening.phase === 'open' ? undefined : opened.pop()
  return last ? { ...last, phase: 'closed', lingers: happening.lingers } : happening
}

/** A life is of some of these: of all of them, each would be rare. */
const kinds = [
  ...['receipt', 'disturbance', 'reply', 'order', 'time_zone', 'calendar', 'birth_date', 'billing_day', 'blocks'],
  ...['listed', 'consent', 'products', 'plan', 'contract_end', 'status'],
] as const

const isOf = (some: readonly string[], happening: Happening): boolean =>
  happening.kind === 'profile'
    ? some.some((kind) => Object.hasOwn(happening.said, kind))
    : happening.kind === 'moment' || some.includes(happening.kind)

export interface Life {
  readonly stream: readonly Timed[]
  /** Made before; of them the log tells. */
  readonly calls: readonly Command[]
}

const callsBefore = fc.array(
  fc.record({
    ago: fc.integer({ min: 1, max: 40 * 24 }),
    purpose: fc.constantFrom<Purpose>('marketing', 'care', 'service'),
  }),
  { maxLength: 3 },
)

/** Of one subscriber, who begins with all consent. */
export const lives: fc.Arbitrary<Life> = fc
  .record({
    subscriber: fc.nat({ max: 20 }).map((number) => `s${number}`),
    beginning: fc.constantFrom(...beginnings),
    zone: fc.option(fc.constantFrom(...zones)),
    isChecked: fc.nat({ max: 4 }).map((some) => some > 0),
    calls: callsBefore,
    some: fc.subarray([...kinds], { minLength: 2, maxLength: 8 }),
    steps: fc.array(
      fc.record({ after, happening: happenings, isTwice: fc.nat({ max: 12 }).map((some) => some === 0) }),
      {
        minLength: 1,
        maxLength: 100,
        size: 'max',
      },
    ),
  })
  .map(({ subscriber, beginning, zone, isChecked, calls, some, steps }) => {
    const begin = Date.parse(beginning)
    const yes = { state: 'granted', since: begin, source: 'crm', evidence_ref: null } as const
    const both = { marketing: yes, care: yes }
    const head = { event_id: 'p', subscriber_id: subscriber, event_time: begin, source: 'crm' }
    const consent = { sms: both, ivr: both, push: both }
    const register = isChecked ? { listed: false, checked_at: begin, source: 'regulator' } : null
    const value = { ...head, consent, register, ...(zone !== null && { time_zone: zone }) }
    const stream: Timed[] = [{ at: begin, told: { type: 'profile', value } }]
    const moments: string[] = []
    const opened: Disturbance[] = []
    let at = begin
    for (const { after: wait, happening, isTwice } of steps) {
      if (!isOf(some, happening)) continue
      at += Math.max(0, wait)
      // What was sent is remembered for a month at least, and perhaps no longer: then it is open to what a word is.
      const isAnswer = happening.kind === 'receipt' || (happening.kind === 'reply' && happening.text !== 'stop')
      if (isAnswer && at - begin > 30 * day) continue
      const told = toldOf(closing(happening, opened), at, subscriber, moments, stream.length)
      stream.push({ at, told })
      if (isTwice) stream.push({ at, told })
    }
    return {
      stream,
      calls: calls.map((call, i) => callOf(call, begin, subscriber, i)).toSorted((a, b) => a.issued_at - b.issued_at),
    }
  })

export function callOf(
  { ago: hours, purpose }: { ago: number; purpose: Purpose },
  begin: number,
  subscriber_id: string,
  i: number,
): Command {
  const id = `call${i}`
  return {
    ...{ command_id: id, outreach_id: id, moment_id: id, decision_id: id, subscriber_id, purpose, rule: purpose },
    ...{
      issued_at: begin - hours * hour,
      channel: 'ivr',
      offer: 'booster',
      category: 'data',
      text: '',
      language: 'en',
    },
    ...{ not_after: begin, attempt: 1 },
  }
}

/** `number`: no other event has it. */
function toldOf(happening: Happening, at: number, subscriber_id: string, moments: string[], number: number): Told {
  const of = (any: number) => moments[any % Math.max(1, moments.length)] ?? 'none'
  const head = (name: string) => ({ event_id: `${name}${number}`, subscriber_id, event_time: at, source: 'crm' })
  switch (happening.kind) {
    case 'profile':
      return { type: 'profile', value: profileOf(happening.said, head('p')) }
    case 'receipt': {
      const { status } = happening
      const id = commandOfMoment(of(happening.of))
      const value = {
        receipt_id: `${id}${number}`,
        subscriber_id,
        received_at: at,
        command_id: id,
        channel: 'sms',
        status,
      } as const
      return { type: 'receipt', value }
    }
    case 'reply': {
      const in_reply_to = happening.of === null ? null : commandOfMoment(of(happening.of))
      return { type: 'reply', value: { ...head('r'), channel: 'sms', text: happening.text, in_reply_to } }
    }
    case 'order': {
      const { product: product_id, action, contract_end } = happening
      const value = { ...head('o'), order_id: `o${at}`, product_id, action: action as 'subscribe', contract_end }
      return { type: 'order', value }
    }
    case 'moment': {
      const { rule, expires, late, offers, evidence, isShadow } = happening
      const id = `m${moments.length}`
      moments.push(id)
      const own = {
        offers,
        evidence,
        segments: happening.segments,
        mode: isShadow ? ('shadow' as const) : ('live' as const),
      }
      return {
        type: 'moment',
        value: { ...momentAt(id, rule, at - late, subscriber_id), ...own, expires_at: at - late + expires },
      }
    }
    case 'disturbance': {
      const { phase, code, key, longest, lingers, purposes, channels } = happening
      // Whom a rule disturbs is the same whenever it opens and closes.
      const rule = [code, ...purposes, ...channels].join('-')
      const moment = momentAt(`${phase}-${rule}-${key}-${at}`, rule, at, subscriber_id)
      const until = phase === 'open' ? at + longest : at
      const lingers_until = phase === 'closed' && lingers !== null ? at + lingers : null
      const do_not_disturb = {
        ...{ phase: phase as 'open', code: code as 'open-issue', key, until },
        lingers_until,
        channels,
        purposes,
      }
      return { type: 'moment', value: { ...moment, kind: 'do-not-disturb', do_not_disturb } }
    }
  }
}

function profileOf(
  { blocks, listed, consent, ago: before = 0, ...fields }: Said,
  head: { event_id: string; subscriber_id: string; event_time: number; source: string },
): Profile {
  const since = head.event_time - before
  const said = { source: 'crm', evidence_ref: null }
  return {
    ...head,
    ...fields,
    ...(blocks && { preferences: { since, ...said, blocks } }),
    ...(listed !== undefined && { register: { listed, checked_at: since, ...said } }),
    ...(consent && {
      consent: {
        [consent.channel]: { [consent.purpose]: { state: consent.isYes ? 'granted' : 'refused', since, ...said } },
      },
    }),
  }
}

export function momentAt(id: string, rule: string, at: number, subscriber_id: string): Moment {
  const purpose = (['care', 'service', 'regulatory'] as const).find((one) => one === rule) ?? 'marketing'
  return {
    ...{ moment_id: id, subscriber_id, detected_at: at, at, rule, rule_version: '1', kind: 'change', purpose },
    ...{ occurrence: id, expires_at: at + day, evidence: {}, offers: [], segments: {}, mode: 'live' },
  }
}
