import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyInterval } from '../../services/decide/intervals.ts'
import { initialState } from '../../services/decide/state.ts'
import { applyProfile } from '../../services/decide/subscriber-facts.ts'
import type { Moment, Profile } from '../../services/records/types.ts'

/** Some values, and the same in another order. */
const shuffled = <T>(values: fc.Arbitrary<readonly T[]>) =>
  values.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })))

const consent = fc.record({
  state: fc.constantFrom('granted' as const, 'refused' as const),
  since: fc.nat({ max: 20 }),
  source: fc.constantFrom('crm', 'app'),
  evidence_ref: fc.option(fc.constantFrom('a', 'b')),
})

const byPurpose = fc.record({ marketing: consent, care: consent, service: consent }, { requiredKeys: [] })

const days = fc.subarray(['sunday', 'holiday'] as ('sunday' | 'holiday')[])
const block = fc.record({
  categories: fc.subarray(['banking', 'food']),
  channels: fc.subarray(['sms', 'ivr'] as ('sms' | 'ivr')[]),
  bands: fc.subarray(['09:00-12:00', '21:00-24:00']),
  days,
})
const preferences = fc.record({
  since: fc.nat({ max: 20 }),
  source: fc.constantFrom('crm', 'app'),
  evidence_ref: fc.option(fc.constantFrom('a', 'b')),
  blocks: fc.array(block, { maxLength: 3 }),
})
const register = fc.record({
  listed: fc.boolean(),
  checked_at: fc.nat({ max: 20 }),
  source: fc.constantFrom('crm', 'app'),
  evidence_ref: fc.option(fc.constantFrom('a', 'b')),
})

const profiles = fc.uniqueArray(
  fc.record({
    event_id: fc.constant('p'),
    subscriber_id: fc.constant('s'),
    event_time: fc.nat({ max: 20 }),
    source: fc.constant('crm'),
    consent: fc.option(fc.record({ sms: byPurpose, ivr: byPurpose }, { requiredKeys: [] })),
    time_zone: fc.option(fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'Mars/Olympus')),
    language: fc.option(fc.constantFrom('en', 'zh')),
    calendar: fc.option(fc.constantFrom('china', 'germany')),
    preferences: fc.option(preferences),
    register: fc.option(register),
    status: fc.option(fc.constantFrom('active' as const, 'deactivated' as const), { freq: 5 }),
  }),
  // Profiles of one instant are in the log's order, which a replay keeps.
  { selector: ({ event_time }) => event_time, maxLength: 8 },
)

it('profiles and consent come to the same facts in whatever order they arrive', () => {
  const facts = (all: readonly Profile[]) => all.reduce(applyProfile, initialState.facts)
  fc.assert(
    fc.property(shuffled(profiles), ([one, other]) => {
      expect(facts(other)).toEqual(facts(one))
      expect(Object.keys(facts(one).consent).filter((name) => !/^(sms|ivr)\/(marketing|care)$/.test(name))).toEqual([])
    }),
    { numRuns: 1000 },
  )
})

const disturbances: fc.Arbitrary<readonly Moment[]> = fc.array(
  fc
    .record({ at: fc.nat({ max: 10 }), open: fc.boolean(), key: fc.constantFrom('1', '2') })
    .map(({ at, open, key }) => ({
      moment_id: `${at}`,
      subscriber_id: 's',
      detected_at: at,
      at,
      rule: 'complaint',
      rule_version: '1',
      kind: 'do-not-disturb',
      purpose: 'service',
      occurrence: '',
      expires_at: 100,
      evidence: {},
      offers: [],
      segments: {},
      mode: 'live' as const,
      do_not_disturb: {
        phase: open ? 'open' : 'closed',
        code: 'open-issue',
        key,
        until: at + 50,
        channels: [],
        purposes: [],
      },
    })),
  { maxLength: 12 },
)

it('openings and closings come to the same intervals in whatever order and number they arrive', () => {
  const intervals = (all: readonly Moment[]) =>
    all
      .reduce((known, moment) => applyInterval(known, moment, 100), initialState.intervals)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  fc.assert(
    fc.property(shuffled(disturbances), ([one, other]) => {
      expect(intervals([...one, ...other])).toEqual(intervals(one))
    }),
    { numRuns: 1000 },
  )
})
