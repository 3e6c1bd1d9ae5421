import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { dayTypes } from '../../services/domain/blocked-times.ts'
import type { Decision, Moment, PreferenceBlock, Preferences, Profile } from '../../services/records/types.ts'
import type { ContactKinds, Policy } from '../../services/rules/catalogue.ts'
import { calendarOf } from '../domain/days-off.ts'
import { catalogueWith, usualReplies } from './catalogue.ts'
import { commandsOf, decisionsOf, run, type Timed } from './streams.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** A Monday in winter, far from any change of the clocks: the judge below may read wall clocks naively. */
const start = Date.parse('2026-01-12T00:00Z')

const daysOff = { china: ['2026-01-14', '2026-01-17'], germany: ['2026-01-15'] }
const calendarEnds = '2026-01-19'
const categories = { booster: 'communication', card: 'banking', anything: undefined }
const offers = [
  { id: 'booster', category: 'communication', title: { en: 'Booster' }, message: { en: 'Boost' } },
  { id: 'card', category: 'banking', title: { en: 'Card' }, message: { en: 'Card' } },
  { id: 'anything', title: { en: 'Anything' }, message: { en: 'Anything' } },
]

const wallHour = fc.integer({ min: 0, max: 23 })
const twoDigits = (number: number) => String(number).padStart(2, '0')
const bands = fc.array(
  fc.tuple(wallHour, wallHour).map(([from, to]) => ({
    text: `${twoDigits(from)}:00-${twoDigits(to)}:30`,
    band: { start: from * 60, end: to * 60 + 30 },
  })),
  { maxLength: 2 },
)
const few = <T>(all: readonly T[]) => fc.subarray([...all], { maxLength: 2 })
const kinds = fc.record({
  categories: few(['communication', 'banking', 'food']),
  channels: few(['sms', 'ivr'] as const),
})
const times = fc.record({ days: few(dayTypes), bands })
const commercialOf = few(['marketing', 'care'] as const).map((some) => (some.length > 0 ? some : ['care' as const]))

const policies: fc.Arbitrary<Policy> = fc
  .record({
    blocks: fc.array(fc.record({ kinds, times, purposes: commercialOf }), { maxLength: 2 }),
    register: fc.option(fc.record({ kinds, purposes: commercialOf, maxAge: fc.integer({ min: 1, max: 72 }) })),
    hasCalendar: fc.boolean(),
  })
  .map(({ blocks, register, hasCalendar }) => ({
    ...{ defaultTimeZone: 'Asia/Shanghai', defaultLanguage: 'en', quietHours: [], caps: [], gaps: {} },
    ...{ cooling: [], replies: usualReplies },
    ...(hasCalendar && { defaultCalendar: 'china' }),
    doNotDisturb: blocks.map((block, i) => ({
      ...block.kinds,
      ...{ id: `b${i}`, purposes: block.purposes, days: block.times.days },
      bands: block.times.bands.map(({ band }) => band),
    })),
    ...(register && {
      register: { requiredFor: { ...register.kinds, purposes: register.purposes }, maxAge: register.maxAge * hour },
    }),
  }))

const preferences = fc.array(fc.record({ kinds, times }), { maxLength: 3 }).map((blocks): readonly PreferenceBlock[] =>
  blocks.map((block) => ({
    ...block.kinds,
    days: block.times.days,
    bands: block.times.bands.map(({ text }) => text),
  })),
)

type Change = Partial<Pick<Profile, 'time_zone' | 'calendar' | 'birth_date'>> & {
  readonly blocks?: readonly PreferenceBlock[]
  readonly listed?: boolean
}
const changes: fc.Arbitrary<Change> = fc.oneof(
  preferences.map((blocks) => ({ blocks })),
  fc.boolean().map((listed) => ({ listed })),
  fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York').map((time_zone) => ({ time_zone })),
  fc.constantFrom('china', 'germany', 'atlantis').map((calendar) => ({ calendar })),
  fc.constantFrom('2008-01-14', '1980-01-01').map((birth_date) => ({ birth_date })),
)

const profileAt = (at: number, { blocks, listed, ...fields }: Change): Profile => ({
  ...{ event_id: `p${at}`, subscriber_id: 's', event_time: at, source: 'crm', ...fields },
  ...(blocks && { preferences: { since: at, source: 'crm', evidence_ref: null, blocks } satisfies Preferences }),
  ...(listed !== undefined && { register: { listed, checked_at: at, source: 'crm', evidence_ref: null } }),
})

const momentAt = (at: number, purpose: Moment['purpose'], offer: string): Moment => ({
  ...{ moment_id: `m${at}`, subscriber_id: 's', detected_at: at, at, rule: purpose, rule_version: '1' },
  ...{ kind: 'change', purpose, occurrence: `m${at}`, expires_at: at + 3 * day, evidence: {} },
  ...{ offers: [offer], segments: {}, mode: 'live' },
})

const consent = { state: 'granted', since: start, source: 'crm', evidence_ref: null } as const
const consents: Timed = {
  at: start,
  input: {
    type: 'profile',
    value: { ...profileAt(start, {}), consent: { sms: { marketing: consent, care: consent } } },
  },
}

/** Nine days of one subscriber, who begins with all consent. */
const streams = fc
  .array(
    fc.record({
      after: fc.integer({ min: 1, max: 8 * hour }),
      change: fc.option(changes, { freq: 1 }),
      purpose: fc.constantFrom('marketing', 'marketing', 'care', 'service' as const),
      offer: fc.constantFrom('booster', 'card', 'anything'),
    }),
    { minLength: 1, maxLength: 50 },
  )
  .map((steps): readonly Timed[] => {
    let at = start
    const stream = steps.map(({ after, change, purpose, offer }): Timed => {
      at += after
      return change
        ? { at, input: { type: 'profile', value: profileAt(at, change) } }
        : { at, input: { type: 'moment', value: momentAt(at, purpose as 'marketing', offer) } }
    })
    return [consents, ...stream]
  })

/** A judge of its own: it reads the profiles and the policy, and what Intl shows on the wall clock. */
function judgeOf(stream: readonly Timed[], policy: Policy) {
  const said = stream.flatMap(({ input }) => (input.type === 'profile' ? [input.value] : []))
  const last = <T>(now: number, pick: (profile: Profile) => T | null | undefined): T | undefined =>
    said.flatMap((profile) => (profile.event_time <= now ? [pick(profile)] : [])).findLast((value) => value != null) ??
    undefined

  const matches = (kind: Partial<ContactKinds>, purpose: string, category: string | undefined) =>
    (!kind.purposes || kind.purposes.some((one) => one === purpose)) &&
    (!kind.channels || kind.channels.length === 0 || kind.channels.includes('sms')) &&
    (!kind.categories || kind.categories.length === 0 || category === undefined || kind.categories.includes(category))

  /** The facts as of `known`, at the time `now`. */
  return function holds(
    code: 'protected' | 'do-not-disturb',
    { purpose, offer }: Pick<Decision, 'purpose' | 'offer'>,
    known: number,
    now: number,
  ): boolean {
    if (purpose === 'service') return false
    const category = categories[offer as keyof typeof categories]
    const zone = last(known, (profile) => profile.time_zone) ?? policy.defaultTimeZone
    const wall = new Date(now).toLocaleString('sv-SE', { timeZone: zone })
    const date = wall.slice(0, 10)
    const time = Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16))
    if (code === 'protected') {
      const register = last(known, (profile) => profile.register)
      const isNeeded = policy.register && matches(policy.register.requiredFor, purpose, category)
      const isStale = isNeeded && !(register && now - register.checked_at < (policy.register?.maxAge ?? 0))
      return (
        register?.listed === true ||
        isStale === true ||
        (last(known, (p) => p.birth_date) === '2008-01-14' && date < '2026-01-14')
      )
    }
    const calendar = last(known, (profile) => profile.calendar) ?? policy.defaultCalendar
    const isHoliday = (of: string) =>
      calendar === undefined ||
      calendar === 'atlantis' ||
      of > calendarEnds ||
      daysOff[calendar as 'china'].includes(of)
    const isOn = (days: readonly string[], of: string) =>
      days.length === 0 ||
      days.includes(dayTypes[(new Date(of).getUTCDay() + 6) % 7] ?? '') ||
      (days.includes('holiday') && isHoliday(of))
    const dayBefore = new Date(Date.parse(date) - day).toISOString().slice(0, 10)
    const blocks = [
      ...(policy.doNotDisturb ?? []).filter((block) => matches(block, purpose, category)),
      ...(last(known, (profile) => profile.preferences)?.blocks ?? [])
        .filter((block) => matches(block, purpose, category))
        .map(({ days, bands: texts }) => ({ days, bands: texts.map(minutes) })),
    ]
    return blocks.some(({ days, bands: parts }) => {
      const whole = parts.length === 0 ? [{ start: 0, end: 1440 }] : parts
      return whole.some(({ start: from, end: to }) =>
        from < to
          ? isOn(days, date) && from <= time && time < to
          : (isOn(days, date) && from <= time) || (isOn(days, dayBefore) && time < to),
      )
    })
  }
}

const minutes = (text: string) => {
  const [from = 0, fromMinute = 0, to = 0, toMinute = 0] = text.split(/[:-]/).map(Number)
  return { start: from * 60 + fromMinute, end: to * 60 + toMinute }
}

const calendars = Object.entries(daysOff).map(([id, dates]) => calendarOf('2026-01-01', calendarEnds, dates, id))

it('approaches nobody who is protected or wants to be left alone, holds back nobody else, and says until when', () => {
  const seen = new Map<string, number>()
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(
      policies,
      streams,
      fc.array(fc.nat({ max: 999 }), { minLength: 5, maxLength: 5 }),
      (policy, stream, parts) => {
        const said = run(createDecideStep({ ...catalogueWith(policy), offers, calendars }), stream)
        const holds = judgeOf(stream, policy)
        for (const decision of decisionsOf(said)) {
          const { decided_at: at, codes, until, moment_id } = decision
          const offer = decision.offer ?? null
          const about = { purpose: decision.purpose, offer }
          const expected = (['protected', 'do-not-disturb'] as const).filter((code) => holds(code, about, at, at))
          expect(codes, `${moment_id} ${JSON.stringify(decision)}`).toEqual(expected)
          count(decision.code ?? 'command')
          if (decision.code !== 'do-not-disturb' || until == null) continue
          expect(holds('do-not-disturb', about, at, until)).toBe(false)
          for (const part of parts) {
            expect(holds('do-not-disturb', about, at, at + Math.floor(((until - at) * part) / 1000))).toBe(true)
          }
          count('until')
        }
        for (const { issued_at, not_after, purpose, offer } of commandsOf(said)) {
          // To a subscriber of whom nothing new is said, nothing that waited leaves against the policy.
          for (const part of parts) {
            const later = issued_at + Math.floor(((not_after - issued_at) * part) / 1000)
            for (const code of ['protected', 'do-not-disturb'] as const) {
              expect(holds(code, { purpose, offer: offer ?? null }, issued_at, later)).toBe(false)
            }
          }
          if (not_after < issued_at + 3 * day) count('not after')
        }
      },
    ),
    { numRuns: 300 },
  )
  // The streams are rich enough that each was met.
  for (const what of ['protected', 'do-not-disturb', 'command', 'until', 'not after']) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(50)
  }
})
