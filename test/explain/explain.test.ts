import { beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../services/explain/answer.ts'
import { answerText } from '../../services/explain/answer-text.ts'
import { shardOf } from '../../services/flow/partition.ts'
import { type ExplainedEngine, event, profile, startExplainedEngine, today } from './explained-engine.ts'

const iso = (time: string): string => new Date(today(time)).toISOString()
/** Somebody on anna's shard. */
const neighbour =
  Array.from({ length: 100 }, (_, i) => `neighbour-${i}`).find((id) => shardOf(id, 4) === shardOf('anna', 4)) ?? ''
/** Behind all that happens. */
let end = ''

let engine: ExplainedEngine
/** Ids of events, by what they are. */
const ids: Record<string, string> = {}

beforeAll(async () => {
  engine = await startExplainedEngine()
  const named = (name: string, made: ReturnType<typeof event>) => {
    ids[name] = made.event_id
    return made
  }
  await engine.send([
    profile('anna'),
    profile('ben'),
    event(neighbour, '07:00:00', 'cdr'),
    event('ben', '07:10:00', 'cdr', { end_cause: 'dropped' }),
    event('anna', '07:30:00', 'cdr', { end_cause: 'dropped' }),
    event('ben', '07:40:00', 'cdr', { end_cause: 'dropped', balance_after: 100 }),
    named('second drop', event('anna', '08:00:00', 'cdr', { end_cause: 'dropped' })),
    event('anna', '08:30:00', 'cdr', { end_cause: 'dropped' }),
    event('anna', '09:00:00', 'recharge'),
    event('carl', '09:01:00', 'recharge', { amount: 6000 }),
    event('carl', '09:05:00', 'profile', { status: 'active' }),
    event('ben', '09:10:00', 'complaint'),
    event('ben', '09:20:00', 'recharge', { amount: 900 }),
    named('low balance', event('anna', '09:30:00', 'cdr', { balance_after: 100 })),
    event('dora', '09:40:00', 'cdr'),
    event('dora', '09:56:00', 'profile', { status: 'deactivated' }),
    event('emil', '09:20:00', 'profile', { status: 'deactivated' }),
    named('held', event('anna', '09:55:00', 'cdr', { direction: 'mt', end_cause: 'dropped' })),
  ])
  const isThrough = ({ moments, as_of }: Answer) =>
    as_of.records_behind === 0 &&
    moments.length >= 2 &&
    moments.every(({ decisions }) => decisions.length > 0) &&
    moments.some(({ decisions }) => decisions.some(({ delivery }) => delivery?.receipts.length))
  for (const subscriber of ['anna', 'ben']) await engine.answer(subscriber, {}, isThrough)
  // Late, but only by what others on its shard have done since.
  await engine.send([event(neighbour, '07:30:00', 'cdr')])
  await engine.answer(neighbour, {}, ({ as_of }) => as_of.records_behind === 0)
  const { as_of } = await engine.answer('dora', {}, ({ subscriber }) => subscriber.identity_ended_at !== null)
  end = as_of.at
}, 60_000)

const ask = async (subscriber: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> => {
  const { status, body } = await engine.ask(subscriber, query)
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return body
}

describe('the verdict in the first lines', () => {
  type Line = [subscriber: string, rule: string, at: string, ...lines: (string | RegExp)[]]
  const table: readonly Line[] = [
    [
      'anna',
      'dropped-calls',
      'now',
      'rule dropped-calls fired at 2026-03-04 08:30:00; not again before 2026-03-11 08:30:00 (once: 7d)',
      /^its moment was commanded by sms at 2026-03-04 10:00:0.*: offer sorry; accepted 2026-03-04 10:00:0/,
    ],
    ['anna', 'dropped-calls', iso('08:15:00'), 'rule dropped-calls did not fire: dropped_calls_24h is 2, needs >= 3'],
    [
      'anna',
      'dropped-calls',
      iso('08:29:59.999'),
      'rule dropped-calls did not fire: dropped_calls_24h is 2, needs >= 3',
    ],
    ['anna', 'dropped-calls', iso('08:30:00'), /^rule dropped-calls fired at 2026-03-04 08:30:00;/],
    ['ben', 'dropped-calls', 'now', 'rule dropped-calls did not fire: dropped_calls_24h is 2, needs >= 3'],
    [
      'anna',
      'first-recharge',
      'now',
      'rule first-recharge fired at 2026-03-04 09:00:00; it never fires again (once: lifetime)',
      /^its moment was suppressed by gap at 2026-03-04 10:00:0.* \(The last touch is too recent\) until 2026-03-06 08:30:00: last touch 2026-03-04 10:00:0.*, length 24h, under way true, leaves until 2026-03-05 08:30:00$/,
    ],
    ['ben', 'first-recharge', 'now', 'rule first-recharge did not fire: event.amount is 900, needs >= 1000'],
    [
      'ben',
      'first-recharge',
      iso('09:00:00'),
      'rule first-recharge did not fire: event.amount is unknown (none has come, or it is not among those that were read)',
    ],
    [
      'carl',
      'first-of-those-known',
      'now',
      'rule first-of-those-known did not fire: all that it asks for holds now, but not yet when recharge came last: what else it reads has come or changed since, and the next one is judged by it',
    ],
    [
      'carl',
      'first-of-those-known',
      iso('09:02:00'),
      "rule first-of-those-known did not fire: no profile has come, so that it isn't known whether it happened before (tag 'topped_up')",
    ],
    [
      'anna',
      'use-fell',
      'now',
      'rule use-fell did not fire: minutes_last_week is unknown (first sight was 2026-03-04 06:00:00: no full week has passed since, 1 must), minutes_baseline is unknown (first sight was 2026-03-04 06:00:00: no full week has passed since, 4 must), in minutes_last_week < 0.5 * minutes_baseline',
    ],
    [
      'anna',
      'low-balance',
      'now',
      'rule low-balance waits: recharge must stay away until 2026-03-06 09:30:00, noticed when the grace has passed, at 2026-03-06 09:40:00',
      /^armed by event cdr-\d+ of 2026-03-04 09:30:00$/,
    ],
    [
      'ben',
      'low-balance',
      iso('09:00:00'),
      /^rule low-balance waits: recharge must stay away until 2026-03-06 07:40:00/,
    ],
    [
      'ben',
      'low-balance',
      'now',
      "rule low-balance did not fire: step 1 of 1, 'low' (cdr where balance_after < 500), is not met yet",
    ],
    [
      'anna',
      'drop-and-complaint',
      'now',
      'rule drop-and-complaint did not fire: step 2 of 2, \'complained\' (complaint where category == "network"), is not met yet',
      "'dropped' was met at 2026-03-04 08:00:00, 2026-03-04 08:30:00",
      'all must come before 2026-03-05 08:00:00 (within 24h)',
      '1 events wait for the grace before it sees them, the last until 2026-03-04 10:05:00 (settle: grace)',
    ],
    ['ben', 'drop-and-complaint', iso('09:09:00'), /^rule drop-and-complaint did not fire: step 2 of 2, 'complained'/],
    [
      'ben',
      'drop-and-complaint',
      'now',
      /^rule drop-and-complaint fired last at 2026-03-04 09:10:00/,
      /^its moment was commanded by sms/,
    ],
    [
      'ben',
      'many-calls',
      'now',
      'rule many-calls did not fire: calls_7d is 2, needs >= 4',
      'it is on trial (mode: shadow): its moments are recorded, never sent',
    ],
    [
      'anna',
      'many-calls',
      'now',
      'rule many-calls fired last at 2026-03-04 09:30:00, and not since: it was true and fires again only after its rearm: calls_7d is 5, needs < 2',
      /^its moment was suppressed by shadow /,
    ],
    [
      'ben',
      'big-top-up',
      'now',
      'rule big-top-up did not fire: amount is 900, needs >= 5000',
      'only: calls_7d is 2, needs >= 5',
    ],
    ['anna', 'big-top-up', iso('09:45:00'), 'rule big-top-up did not fire: only: calls_7d is 4, needs >= 5'],
    [
      'ben',
      'open-complaint',
      'now',
      'rule open-complaint is open: T1 since 2026-03-04 09:10:00, until 2026-04-03 09:10:00 at the latest',
    ],
    [
      'anna',
      'open-complaint',
      'now',
      'rule open-complaint did not fire: nothing is open: complaint where status == "opened" opens it',
    ],
    [
      'dora',
      'many-calls',
      'now',
      'rule many-calls is not judged: the identity ended at 2026-03-04 09:56:00, and nobody has the number since',
    ],
    [
      'emil',
      'many-calls',
      'now',
      'rule many-calls did not fire: detect knows nothing of this subscriber; the identity ended at 2026-03-04 09:20:00',
    ],
  ]
  test.each(table)('%s, %s, %s', async (...[subscriber, rule, at, ...lines]) => {
    const { verdict } = await ask(subscriber, { rule, ...(at !== 'now' && { at }) })
    expect(verdict.slice(0, lines.length)).toEqual(
      lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
    )
  })
})

describe('state and log', () => {
  const rules = [
    'dropped-calls',
    'first-recharge',
    'use-fell',
    'low-balance',
    'drop-and-complaint',
    'many-calls',
    'big-top-up',
    'open-complaint',
  ]
  const questions = ['anna', 'ben', 'dora', neighbour].flatMap((subscriber) => [
    [subscriber, { all: 'true' }] as const,
    ...rules.map((rule) => [subscriber, { rule }] as const),
  ])
  test.each(questions)('say the same of %s, asked %o', async (subscriber, query) => {
    const fromState = await ask(subscriber, { ...query, from: 'state', at: end })
    const fromLog = await ask(subscriber, { ...query, from: 'log', at: end })
    expect(fromState.as_of.source).toBe('state')
    expect(fromLog.as_of.source).toBe('log')
    const told = ({ subscriber: who, catalogue, factors, rules: answers, decide }: Answer) => {
      'all' in query ? answers.map(({ rule, fired_at, next_due }) => ({ rule, fired_at, next_due })) : answers
      const kept = decide && { consent: decide.consent, intervals: decide.intervals, deferred: decide.deferred }
      return { who, catalogue, factors, answers, kept }
    }
    expect(told(fromState)).toEqual(told(fromLog))
  })

  test('an event that is late by what others on the shard have done counts in neither', async () => {
    for (const from of ['state', 'log']) {
      const { factors } = await ask(neighbour, { rule: 'many-calls', from, at: end })
      expect(factors).toMatchObject([{ id: 'calls_7d', value: 1 }])
    }
  })

  test('the one that is not said is the state for now and the log for a past time', async () => {
    expect((await ask('anna')).as_of).toMatchObject({ source: 'state', records_behind: 0, records_read: null })
    const past = await ask('anna', { at: iso('08:15:00') })
    expect(past.as_of).toMatchObject({ source: 'log', at: iso('08:15:00'), events: 3, history_cut: false, clock: null })
  })
})

describe('what is told of a rule', () => {
  test('its condition with the values of its parts, and the event that was judged', async () => {
    const { rules } = await ask('anna', { rule: 'dropped-calls', at: iso('08:15:00') })
    expect(rules[0]?.details).toEqual({
      event: { type: 'cdr', event_id: ids['second drop'], time: iso('08:00:00') },
      when: {
        text: 'dropped_calls_24h >= 3 && event.end_cause == "dropped"',
        value: false,
        parts: [
          {
            text: 'dropped_calls_24h >= 3',
            value: false,
            parts: [{ text: 'dropped_calls_24h', value: 2, parts: [] }],
          },
          {
            text: 'event.end_cause == "dropped"',
            value: true,
            parts: [{ text: 'event.end_cause', value: 'dropped', parts: [] }],
          },
        ],
      },
    })
  })

  test('what the windows of its factors hold', async () => {
    const { factors } = await ask('anna', { rule: 'dropped-calls', at: iso('08:15:00') })
    expect(factors).toEqual([
      {
        id: 'dropped_calls_24h',
        title: { en: 'Dropped calls' },
        unit: null,
        value: 2,
        unknown_because: null,
        of: 'count of cdr where end_cause == "dropped"',
        window: 'the last 24h, exact',
        rows: [
          { from: iso('08:00:00'), events: 1 },
          { from: iso('07:30:00'), events: 1 },
        ],
        parts: [],
      },
      expect.objectContaining({
        id: 'calls_7d',
        value: 2,
        window: 'today and the 6 days before it',
        rows: [{ from: iso('00:00:00'), to: '2026-03-04T16:00:00.000Z', events: 2 }],
      }),
    ])
  })

  test('the deadline that waits', async () => {
    const { rules } = await ask('anna', { rule: 'low-balance' })
    expect(rules[0]).toMatchObject({
      outcome: 'waiting',
      details: {
        waiting: [
          {
            event_id: ids['low balance'],
            last: iso('09:30:00'),
            deadline: '2026-03-06T01:30:00.000Z',
            judged_at: '2026-03-06T01:40:00.000Z',
          },
        ],
      },
    })
  })

  test('when a schedule is due next, and what is held for the grace', async () => {
    const { rules, subscriber } = await ask('anna', { rule: 'use-fell' })
    expect(rules[0]?.next_due).toMatchObject({ day: '2026-03-09', at: '2026-03-09T01:00:00.000Z' })
    expect(subscriber.held).toEqual([
      { type: 'cdr', event_id: ids.held, time: iso('09:55:00'), judged_at: iso('10:05:00') },
    ])
  })
})

test('moments come with all codes that held them back, what was seen, and by which version', async () => {
  const { moments, decide, catalogue } = await ask('anna')
  expect(moments.map(({ rule, decisions }) => [rule, decisions.map(({ outcome, code }) => [outcome, code])])).toEqual([
    ['many-calls', [['suppressed', 'shadow']]],
    ['first-recharge', [['suppressed', 'gap']]],
    ['dropped-calls', [['command', null]]],
  ])
  expect(moments[1]?.decisions[0]).toMatchObject({
    codes: ['gap'],
    catalogue_version: catalogue.version,
    evidence: { 'gap.length_ms': 86_400_000 },
  })
  expect(decide).toMatchObject({
    consent: [{ for: 'sms/marketing', granted: true, ref: 'paper-of-anna' }],
    gaps: [{ purpose: 'marketing', length: '24h' }],
    touches: [{ purpose: 'service', channel: 'sms' }],
  })
})

test('no phone number is told, and no birth date', async () => {
  for (const query of [{ all: 'true' }, { all: 'true', from: 'log', at: end }]) {
    const answer = await ask('anna', query)
    expect(JSON.stringify(answer) + answerText(answer)).not.toMatch(/13912345678|1980-05-05/)
  }
})

describe('what cannot be answered', () => {
  const table: readonly (readonly [
    subscriber: string,
    query: Record<string, string>,
    status: number,
    code: string,
    message: RegExp,
  ])[] = [
    ['nobody', {}, 404, 'KM_SUBSCRIBER_UNKNOWN', /nothing is known of subscriber 'nobody'/],
    ['nobody', { from: 'log' }, 404, 'KM_SUBSCRIBER_UNKNOWN', /none of the \d+ records read by then is theirs/],
    ['anna', { rule: 'droped-calls' }, 404, 'KM_RULE_UNKNOWN', /did you mean 'dropped-calls'\?/],
    ['anna', { at: 'yesterday' }, 400, 'KM_EXPLAIN_TIME', /no ISO-8601 time with a zone/],
    ['anna', { at: '2026-03-04T10:00:00' }, 400, 'KM_EXPLAIN_TIME', /no ISO-8601 time with a zone/],
    ['anna', { at: '1Z' }, 400, 'KM_EXPLAIN_TIME', /no ISO-8601 time with a zone/],
    ['anna', { at: '2026-02-29T10:00:00Z' }, 400, 'KM_EXPLAIN_TIME', /no ISO-8601 time with a zone/],
    ['anna', { at: '2036-03-04T10:00:00Z' }, 400, 'KM_EXPLAIN_TIME', /is yet to come/],
    [
      'anna',
      { rules: 'x' },
      400,
      'KM_EXPLAIN_QUERY',
      /'rules' cannot be asked for, or only once; known: at, rule, all, from/,
    ],
    ['anna', { all: 'yes' }, 400, 'KM_EXPLAIN_QUERY', /all is 'true' or 'false'/],
    ['anna', { from: 'memory' }, 400, 'KM_EXPLAIN_QUERY', /from is 'state' or 'log'/],
    ['a'.repeat(65), {}, 400, 'KM_EXPLAIN_SUBSCRIBER', /1 to 64 bytes, not 65/],
  ]
  test.each(table)('%s %o: %i %s', async (subscriber, query, status, code, message) => {
    const { status: found, body } = await engine.ask(subscriber, query)
    expect({ status: found, code: body.code }).toEqual({ status, code })
    expect(body.message).toMatch(message)
  })
})
