import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Command } from '../../services/records/types.ts'
import type { Purpose } from '../../services/rules/ruleset.ts'
import { topics } from '../../services/topology.ts'
import { catalogueWith } from './catalogue.ts'
import { categories, chain, judge, sentOf } from './policy-judge.ts'
import { commandsOf, decisionsOf, policies, run, streams } from './streams.ts'

const begin = Date.parse('2026-01-12T00:00Z')

/** Calls that were made in the days before the stream: of them only the log tells. */
const callsBefore = fc
  .array(
    fc.record({
      ago: fc.integer({ min: 1, max: 200 }),
      offer: fc.constantFrom('booster', 'review'),
      purpose: fc.constantFrom<Purpose>('marketing', 'care', 'service'),
    }),
    { maxLength: 3 },
  )
  .map((calls) =>
    calls
      .toSorted((a, b) => b.ago - a.ago)
      .map(({ ago, offer, purpose }, i): Command => {
        const id = `call${i}`
        const ids = { command_id: id, outreach_id: id, moment_id: id, decision_id: id }
        return {
          ...ids,
          subscriber_id: 's',
          issued_at: begin - ago * 3_600_000,
          channel: 'ivr',
          purpose,
          rule: purpose,
          offer,
          category: categories[offer] ?? null,
          text: '',
          language: 'en',
          not_after: begin,
          attempt: 1,
        }
      }),
  )

it('gives no command that breaks the policy, and no reason that does not hold', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(policies, streams, callsBefore, (policy, stream, calls) => {
      const step = createDecideStep(catalogueWith(policy))
      let from = step.initial
      for (const value of calls) {
        from = step.adopt(from, { topic: topics.commands.ivr, value }, { now: begin, clock: begin })
      }
      const said = run(step, stream, from)
      const commands = [...calls, ...commandsOf(said)].map(sentOf)
      const holds = judge(stream, policy, commands)
      let before = calls.length
      for (const decision of decisionsOf(said)) {
        const { outcome, decided_at, codes, code } = decision
        seen.set(code ?? outcome, (seen.get(code ?? outcome) ?? 0) + 1)
        if (outcome === 'recorded') continue
        expect(codes, JSON.stringify(decision)).toEqual(
          chain.filter((name) => holds(name, decision, decided_at, before)),
        )
        expect(code ?? undefined).toBe(codes[0])
        if (outcome === 'command') before++
      }
      expect(before).toBe(commands.length)
    }),
    { numRuns: 300 },
  )
  // The streams are rich enough that each outcome and reason was met.
  expect([...seen.keys()].sort()).toEqual(['command', 'recorded', ...chain].sort())
})

it('lets nothing leave after its moment or in quiet time', () => {
  fc.assert(
    fc.property(
      policies,
      streams,
      fc.nat({ max: 999 }).map((part) => part / 1000),
      (policy, stream, share) => {
        const said = run(createDecideStep(catalogueWith(policy)), stream)
        const expiry = new Map(decisionsOf(said).map(({ moment_id, expires_at }) => [moment_id, expires_at]))
        const beginning = stream.filter(({ input }) => input.type === 'profile')
        for (const { issued_at, not_after, purpose, moment_id, rule, offer = null } of commandsOf(said)) {
          const expires_at = expiry.get(moment_id) ?? 0
          expect(not_after).toBeGreaterThan(issued_at)
          expect(not_after).toBeLessThanOrEqual(expires_at)
          // A subscriber who stays where they were at the command finds no quiet minute up to not_after.
          const known = beginning.filter(({ at }) => at <= issued_at)
          const sample = Math.floor(issued_at + share * (not_after - 1 - issued_at))
          expect(judge(known, policy, [])('quiet-hours', { purpose, expires_at, rule, offer }, sample, 0)).toBe(false)
        }
      },
    ),
    { numRuns: 100 },
  )
})
