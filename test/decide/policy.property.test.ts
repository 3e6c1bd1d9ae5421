import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Decision } from '../../services/records/types.ts'
import type { Policy } from '../../services/rules/catalogue.ts'
import type { Purpose } from '../../services/rules/ruleset.ts'
import { catalogueWith } from './catalogue.ts'
import { commandsOf, decisionsOf, policies, run, streams, type Timed } from './streams.ts'

/**
 * A judge of its own: it reads the inputs, the policy and the commands that were given, and knows nothing of decide's
 * state, windows or zones beyond what Intl says of a wall clock.
 */
function judge(
  stream: readonly Timed[],
  policy: Policy,
  commands: readonly { id: string; at: number; purpose: Purpose }[],
) {
  const until = (now: number) => stream.filter(({ at }) => at <= now)

  const latest = <T>(now: number, pick: (timed: Timed) => T | null | undefined): T | undefined =>
    until(now)
      .map(pick)
      .filter((value) => value != null)
      .at(-1) as T | undefined
  const profileField = (now: number, field: 'time_zone' | 'birth_date') =>
    latest(now, ({ input }) => (input.type === 'profile' ? input.value[field] : null))
  const zoneAt = (now: number) => profileField(now, 'time_zone') ?? policy.defaultTimeZone
  const wall = (at: number, zone: string) => new Date(at).toLocaleString('sv-SE', { timeZone: zone })

  /** Touches as of `now`, without those that provably did not leave. */
  function touches(now: number, before: number) {
    return commands.slice(0, before).flatMap(({ id, at, purpose }) => {
      const receipts = until(now).flatMap(({ input }) =>
        input.type === 'receipt' && input.value.command_id === id && input.value.received_at >= at ? [input.value] : [],
      )
      const left = receipts.find(({ status }) => status === 'accepted' || status === 'delivered')
      if (left) return [{ at: left.received_at, purpose }]
      return receipts.some(({ status }) => status === 'failed') ? [] : [{ at, purpose }]
    })
  }

  function monday(date: string): string {
    const day = new Date(`${date}T00:00Z`)
    day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
    return day.toISOString().slice(0, 10)
  }

  const civil = (at: number, unit: string, zone: string) => {
    const date = wall(at, zone).slice(0, 10)
    return unit === 'day' ? date : unit === 'month' ? date.slice(0, 7) : monday(date)
  }

  function disturbed(now: number, code: string): boolean {
    const intervals = new Map<string, boolean>()
    for (const { at, input } of until(now)) {
      const change = input.type === 'moment' ? input.value.do_not_disturb : null
      if (change?.code !== code) continue
      const shut = intervals.get(`${change.key}@${at}`) === false
      intervals.set(change.key, change.phase === 'open' && now < change.until && !shut)
      if (change.phase === 'closed') intervals.set(`${change.key}@${at}`, false)
    }
    return ['1', '2'].some((key) => intervals.get(key))
  }

  const commercial = (purpose: Purpose) => purpose === 'marketing' || purpose === 'care'

  /** The reason holds for the purpose at `now`, with `before` commands given. */
  return function holds(
    code: string,
    decision: Pick<Decision, 'purpose' | 'expires_at'>,
    now: number,
    before: number,
  ): boolean {
    const { purpose, expires_at } = decision
    const zone = zoneAt(now)
    switch (code) {
      case 'expired':
        return now >= expires_at
      case 'consent':
        return (
          commercial(purpose) &&
          latest(now, ({ input }) => (input.type === 'profile' ? input.value.consent?.sms?.[purpose]?.state : null)) !==
            'granted'
        )
      case 'protected': {
        const born = profileField(now, 'birth_date')
        return commercial(purpose) && born === '2008-01-14' && wall(now, zone) < '2026-01-14'
      }
      case 'do-not-disturb':
      case 'open-issue':
        return commercial(purpose) && disturbed(now, code)
      case 'live-call':
        return purpose !== 'regulatory' && disturbed(now, code)
      case 'quiet-hours': {
        const time = wall(now, zone).slice(11, 16)
        const minute = Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
        return (
          purpose !== 'regulatory' &&
          policy.quietHours.some(({ start, end }) =>
            start <= end ? start <= minute && minute < end : minute >= start || minute < end,
          )
        )
      }
      case 'cap':
        return (
          purpose === 'marketing' &&
          policy.caps.some(({ purposes, window, most }) => {
            const counted = touches(now, before).filter((touch) => purposes.includes(touch.purpose))
            const inside = counted.filter(({ at }) =>
              window.kind === 'rolling'
                ? at > now - window.length
                : civil(at, window.unit, zone) === civil(now, window.unit, zone),
            )
            return purposes.includes('marketing') && inside.length >= most
          })
        )
      case 'gap': {
        const gap = commercial(purpose) ? policy.gaps[purpose] : undefined
        return gap !== undefined && touches(now, before).some(({ at }) => now - at < gap)
      }
      case 'holdout':
        return purpose === 'marketing' && policy.holdout?.share === 1
      default:
        return false
    }
  }
}

const chain = [
  'expired',
  'consent',
  'protected',
  'do-not-disturb',
  'open-issue',
  'live-call',
  'quiet-hours',
  'cap',
  'gap',
  'holdout',
]

it('gives no command that breaks the policy, and no reason that does not hold', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(policies, streams, (policy, stream) => {
      const said = run(createDecideStep(catalogueWith(policy)), stream)
      const commands = commandsOf(said).map(({ command_id, issued_at, purpose }) => ({
        id: command_id,
        at: issued_at,
        purpose,
      }))
      const holds = judge(stream, policy, commands)
      let before = 0
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
        for (const { issued_at, not_after, purpose, moment_id } of commandsOf(said)) {
          const expires_at = expiry.get(moment_id) ?? 0
          expect(not_after).toBeGreaterThan(issued_at)
          expect(not_after).toBeLessThanOrEqual(expires_at)
          // A subscriber who stays where they were at the command finds no quiet minute up to not_after.
          const known = beginning.filter(({ at }) => at <= issued_at)
          const sample = Math.floor(issued_at + share * (not_after - 1 - issued_at))
          expect(judge(known, policy, [])('quiet-hours', { purpose, expires_at }, sample, 0)).toBe(false)
        }
      },
    ),
    { numRuns: 100 },
  )
})
