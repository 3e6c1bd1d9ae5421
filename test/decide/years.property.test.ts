import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith, usualReplies } from './catalogue.ts'
import { breachesOf } from './checker/breaches.ts'
import type { Told } from './checker/history.ts'
import { record, type Timed } from './checker/record.ts'
import { unfounded } from './checker/unfounded.ts'

const begin = Date.parse('2026-01-12T00:00Z')
const day = 24 * 3_600_000

/** Weeks and months between what happens, and every day as long as it is there: marketing through two years and a half. */
const years: fc.Arbitrary<readonly Timed[]> = fc
  .record({
    zone: fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York'),
    billing_day: fc.integer({ min: 1, max: 31 }),
    steps: fc.array(fc.record({ after: fc.integer({ min: 1, max: 20 * 24 * 60 }), says: fc.nat({ max: 9 }) }), {
      minLength: 20,
      maxLength: 90,
    }),
  })
  .map(({ zone, billing_day, steps }) => {
    const granted = { state: 'granted', since: begin, source: 'crm', evidence_ref: null } as const
    const head = { event_id: 'p', subscriber_id: 's', event_time: begin, source: 'crm' }
    const consent = { sms: { marketing: granted } }
    const stream: Timed[] = [
      { at: begin, told: { type: 'profile', value: { ...head, time_zone: zone, billing_day, consent } } },
    ]
    let at = begin
    for (const [i, { after, says }] of steps.entries()) {
      at += after * 60_000
      stream.push({ at, told: says === 0 ? refusalAt(`r${i}`, at) : momentAt(`m${i}`, says % 2 === 0, at) })
    }
    return stream
  })

const refusalAt = (event_id: string, at: number): Told => ({
  type: 'reply',
  value: { event_id, subscriber_id: 's', event_time: at, source: 'deliver', channel: 'sms', text: 'no' },
})

const momentAt = (id: string, isData: boolean, at: number): Told => ({
  type: 'moment',
  value: {
    moment_id: id,
    subscriber_id: 's',
    detected_at: at,
    at,
    rule: 'marketing',
    rule_version: '1',
    kind: 'change',
    purpose: 'marketing',
    occurrence: id,
    expires_at: at + 60_000,
    evidence: {},
    offers: [isData ? 'booster' : 'review'],
    segments: {},
    mode: 'live',
  },
})

const policyOfYears: fc.Arbitrary<Policy> = fc.record({
  defaultTimeZone: fc.constant('Asia/Shanghai'),
  defaultLanguage: fc.constant('en'),
  quietHours: fc.constant([]),
  caps: fc.array(
    fc.record(
      {
        id: fc.constant('cap'),
        purposes: fc.constant(['marketing'] as const),
        categories: fc.subarray(['data', 'tariff'] as const, { minLength: 1 }),
        window: fc.oneof(
          fc.record({
            kind: fc.constant('civil' as const),
            unit: fc.constantFrom('week', 'month', 'billing-month', 'year'),
          }),
          fc.record({
            kind: fc.constant('rolling' as const),
            length: fc.integer({ min: 7, max: 366 }).map((days) => days * day),
          }),
        ),
        most: fc.integer({ min: 1, max: 12 }),
      },
      { requiredKeys: ['id', 'purposes', 'window', 'most'] },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  gaps: fc.constant({ marketing: day }),
  cooling: fc.array(
    fc.record({
      id: fc.constant('cooling'),
      of: fc.constant('all' as const),
      after: fc.integer({ min: 1, max: 3 }),
      within: fc.integer({ min: 1, max: 200 }).map((days) => days * day),
      length: fc.integer({ min: 1, max: 200 }).map((days) => days * day),
    }),
    { maxLength: 2 },
  ),
  replies: fc.constant(usualReplies),
})

it('keeps to the caps of months and years, and to cooling, through years of one subscriber', {
  timeout: 120_000,
}, () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(policyOfYears, years, (policy, stream) => {
      const catalogue = catalogueWith(policy)
      const history = record(createDecideStep(catalogue), stream)
      expect(breachesOf(history, catalogue).map(({ told }) => told)).toEqual([])
      expect(unfounded(history, catalogue)).toEqual([])
      for (const entry of history) {
        if (entry.kind === 'decision') seen.add(entry.decision.code ?? entry.decision.outcome)
      }
    }),
    { numRuns: 60 },
  )
  expect([...seen].sort()).toEqual(['cap', 'command', 'cooling', 'gap'])
})
