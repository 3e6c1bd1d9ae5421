import { expect, test } from 'vitest'
import { kills } from './campaigns/kills.ts'
import type { Promised } from './check.ts'
import { type Acceptance, type Accepted, longestWayMs } from './feed.ts'
import { isVoid } from './results.ts'
import type { Result } from './run.ts'
import type { Arrival } from './workload.ts'

const arrival = (id: string, more: Partial<Arrival> = {}): Arrival =>
  ({ event: { record: { event_id: id, event_time: 1_000 } }, isLate: false, ...more }) as unknown as Arrival

const ways: readonly (readonly [what: string, accepted: Accepted, millis: number])[] = [
  ['nothing came', new Map(), 0],
  ['the slowest counts', new Map([way(arrival('a'), 1_500), way(arrival('b'), 9_000)]), 8_000],
  ['of an event that comes twice the first', new Map([way(arrival('a'), 1_500), way(arrival('a'), 9_000)]), 500],
  ['nothing that is late on purpose', new Map([way(arrival('a', { isLate: true }), 9_000)]), 0],
  ['nothing that is spoilt', new Map([way(arrival('a', { spoilt: 'cut-off' }), 9_000)]), 0],
]

function way(one: Arrival, by: number): readonly [Arrival, Acceptance] {
  return [one, { from: 1_000, by }]
}

test.each(ways)('the longest way of an event to the log: %s', (_, accepted, millis) => {
  expect(longestWayMs(accepted)).toBe(millis)
})

const within = kills.graceMs
const beyond = kills.graceMs + 1
const runs: readonly (readonly [isVoid: boolean, wayMs: number, found: readonly Promised[]])[] = [
  [false, beyond, []],
  [false, within, ['moment lost']],
  [true, beyond, ['moment lost', 'moment that nobody expects']],
  [false, beyond, ['moment lost', 'marketing sent twice']],
]

test.each(runs)('no result (%s) of a way of %i ms with %j', (expected, wayMs, found) => {
  const findings = found.map((promise) => ({ promise, told: '' }))
  expect(isVoid({ campaign: kills, wayMs, findings } as unknown as Result)).toBe(expected)
})
