import { expect, test } from 'vitest'
import type { RecordTypes } from '../../services/records/types.ts'
import type { Submit } from '../counterparts/run-smsc.ts'
import { check, type Evidence, type Promised, promises } from './check.ts'
import type { Outputs } from './read-log.ts'
import { type Arrival, workload } from './workload.ts'

const second = 1_000
const begin = Date.parse('2026-03-02T12:00:00Z')
const at = (seconds: number) => begin + seconds * second
const berliner = 's000000'

type Records = { -readonly [Name in keyof Outputs]: Outputs[Name] }
type Broken = Partial<Omit<Evidence, 'outputs'>> & { readonly outputs?: Partial<Records> }

const log = <T>(...values: readonly T[]) => values.map((value) => ({ value, appendedAt: begin + 2 * second }))

function moment(id: string, more: Partial<RecordTypes['moment']> = {}): RecordTypes['moment'] {
  const given = { moment_id: id, subscriber_id: berliner, rule: 'subscribed', purpose: 'marketing', at: at(1) }
  return { ...given, detected_at: at(1), do_not_disturb: null, ...more } as RecordTypes['moment']
}

function decision(id: string, more: Partial<RecordTypes['decision']> = {}): RecordTypes['decision'] {
  const given = { moment_id: id, subscriber_id: berliner, rule: 'subscribed', outcome: 'command', code: null }
  return { ...given, ...more } as RecordTypes['decision']
}

function command(id: string, more: Partial<RecordTypes['command']> = {}): RecordTypes['command'] {
  const given = { command_id: `c-${id}`, moment_id: id, subscriber_id: berliner, rule: 'subscribed' }
  const text = `text of ${id}`
  return {
    ...given,
    purpose: 'marketing',
    issued_at: at(30),
    not_after: at(900),
    text,
    ...more,
  } as RecordTypes['command']
}

const attempt = (id: string) => ({ command_id: `c-${id}` }) as RecordTypes['attempt']
const receipt = (id: string, status = 'accepted') => ({ command_id: `c-${id}`, status }) as RecordTypes['receipt']

const submit = (id: string, seconds = 31): Submit =>
  ({
    destination: '4915110000000',
    text: `text of ${id}`,
    at: at(seconds),
    answer: '00',
    flaws: [],
  }) as unknown as Submit

function arrival(type: string, seconds: number, fields: object): Arrival {
  const record = { subscriber_id: berliner, event_time: at(seconds), event_id: `${type}-${seconds}`, ...fields }
  return { at: at(seconds), json: {}, event: { type, record }, spoilt: undefined, isLate: false } as unknown as Arrival
}

const consent = (seconds: number, state: string) =>
  arrival('profile', seconds, { consent: { sms: { marketing: { state } } } })

/** What a sound run leaves behind, of one subscriber with two messages; and what is otherwise. */
function evidence({ outputs, ...others }: Broken = {}): Evidence {
  const arrivals = [consent(0, 'granted')]
  const second = { issued_at: at(40) }
  const given: Omit<Evidence, 'accepted'> = {
    workload: { begin, end: at(60), arrivals },
    expected: { moments: [moment('a'), moment('b')], decisions: [], late: [], deadLetters: [] },
    outputs: {
      moments: log(moment('a'), moment('b')),
      decisions: log(decision('a'), decision('b')),
      commands: log(command('a'), command('b', second)),
      attempts: log(attempt('a'), attempt('b')),
      receipts: log(receipt('a'), receipt('b')),
      late: new Set<string>(),
      deadLetters: [],
      ...outputs,
    },
    submits: [submit('a'), submit('b', 41)],
    quiet: [{ from: at(120), to: at(180) }],
    isPatient: true,
    clockToleranceMs: 2 * 1_000,
    knownAfterMs: 10 * 1_000,
    ...others,
  }
  return { ...given, accepted: new Map(given.workload.arrivals.map((one) => [one, { from: one.at, by: one.at }])) }
}

const withArrivals = (...more: readonly Arrival[]) => ({
  workload: { begin, end: at(60), arrivals: [consent(0, 'granted'), ...more] },
})
const three = (third: Partial<RecordTypes['command']>): Broken => ({
  expected: { moments: ['a', 'b', 'c'].map((id) => moment(id)), decisions: [], late: [], deadLetters: [] },
  outputs: {
    moments: log(moment('a'), moment('b'), moment('c')),
    decisions: log(decision('a'), decision('b'), decision('c')),
    commands: log(command('a'), command('b', { issued_at: at(40) }), command('c', third)),
    attempts: log(attempt('a'), attempt('b'), attempt('c')),
    receipts: log(receipt('a'), receipt('b'), receipt('c')),
  },
  submits: [submit('a'), submit('b', 41), submit('c', 51)],
})
const opening = { do_not_disturb: { phase: 'open' } } as Partial<RecordTypes['moment']>
const complained = {
  expected: { moments: [moment('a'), moment('b'), moment('d')], decisions: [], late: [], deadLetters: [] },
  outputs: {
    moments: log(moment('a'), moment('b'), moment('d', opening)),
    decisions: log(decision('a'), decision('b'), decision('d', { outcome: 'recorded' })),
  },
}

test('of a sound run it has nothing to say', () => {
  expect(check(evidence())).toEqual([])
  expect(check(evidence(withArrivals(consent(35, 'refused'))))).toEqual([])
  expect(check(evidence({ ...complained, ...withArrivals(arrival('complaint', 20, { status: 'resolved' })) }))).toEqual(
    [],
  )
  expect(check(evidence({ isPatient: false, outputs: { receipts: [] } }))).toEqual([])
})

/** The second message was taken back: it comes again on the log, without a text. */
const takenBack = {
  decisions: log(decision('a'), decision('b'), decision('b', { outcome: 'withdrawn' })),
  commands: log(
    command('a'),
    command('b', { issued_at: at(40) }),
    command('b', { issued_at: at(40), text: '', not_after: at(39), cancelled_because: 'consent' }),
  ),
  receipts: log(receipt('a'), receipt('b', 'failed')),
}

test('what was taken back before it was sent is neither lost nor decided twice', () => {
  expect(check(evidence({ outputs: takenBack, submits: [submit('a')] }))).toEqual([])
})

const cases: readonly (readonly [Promised, Broken, times?: number])[] = [
  ['moment lost', { outputs: { moments: log(moment('a')) } }],
  ['moment that nobody expects', { expected: { ...evidence().expected, moments: [moment('a')] } }],
  [
    'moment without a decision',
    { outputs: { decisions: log(decision('a')), commands: log(command('a')) }, submits: [submit('a')] },
  ],
  [
    'decided twice',
    { outputs: { decisions: log(decision('a'), decision('b'), decision('a', { outcome: 'suppressed' })) } },
  ],
  [
    'command without its decision, or the reverse',
    { outputs: { decisions: log(decision('a'), decision('b', { outcome: 'suppressed' })) } },
  ],
  [
    'command without its decision, or the reverse',
    { outputs: { commands: log(command('a')) }, submits: [submit('a')] },
  ],
  ['command lost', { outputs: { receipts: log(receipt('a')) }, submits: [submit('a')] }],
  ['command lost', { outputs: { receipts: log(receipt('a'), receipt('b', 'failed')) }, submits: [submit('a')] }],
  ['marketing sent twice', { submits: [submit('a'), submit('b', 41), submit('a', 45)] }],
  [
    'care sent twice',
    {
      outputs: { commands: log(command('a', { purpose: 'care' }), command('b', { issued_at: at(40) })) },
      submits: [submit('a'), submit('a'), submit('b', 41)],
    },
  ],
  ['sent without an attempt or a command', { outputs: { attempts: log(attempt('a')) } }],
  ['sent without an attempt or a command', { submits: [submit('a'), submit('b', 41), submit('z')] }],
  ['told falsely', { submits: [submit('a')] }],
  ['told falsely', { outputs: takenBack }],
  ['without consent', withArrivals(consent(25, 'refused'))],
  ['without consent', { workload: { begin, end: at(60), arrivals: [consent(0, 'refused')] } }, 2],
  ['in spite of do-not-disturb', complained, 2],
  ['in quiet hours', { submits: [submit('a', 123), submit('b', 41)] }],
  [
    'in quiet hours',
    { outputs: { commands: log(command('a', { not_after: at(20) }), command('b', { issued_at: at(40) })) } },
  ],
  ['beyond the cap', three({ issued_at: at(50) })],
  ['within the gap', { outputs: { commands: log(command('a'), command('b', { issued_at: at(32) })) } }],
  ['spoilt or late record unaccounted for', withArrivals({ ...arrival('cdr', 5, {}), spoilt: 'cut-off' })],
  ['spoilt or late record unaccounted for', withArrivals({ ...arrival('cdr', 5, {}), isLate: true })],
]

const table = cases.map(([promise, broken, times = 1]) => ({ promise, broken, times }))

test.each(table)('it finds: $promise', ({ promise, broken, times }) => {
  expect(check(evidence(broken)).map((found) => found.promise)).toEqual(new Array(times).fill(promise))
})

test('there is a case for each promise', () => {
  expect([...new Set(cases.map(([promise]) => promise))].sort()).toEqual([...promises].sort())
})

test('one seed gives one workload, with everything in it', () => {
  const options = { seed: 3, shards: 4, begin, lengthMs: 30_000, subscribersPerSecond: 4, graceMs: 30_000 }
  const { arrivals } = workload(options)
  expect(workload(options).arrivals).toEqual(arrivals)
  expect(new Set(arrivals.map(({ event }) => event.type))).toEqual(
    new Set(['profile', 'cdr', 'recharge', 'order', 'complaint']),
  )
  expect(arrivals.filter(({ spoilt }) => spoilt).length).toBeGreaterThan(5)
  expect(arrivals.filter(({ isLate }) => isLate).length).toBeGreaterThan(5)
})
