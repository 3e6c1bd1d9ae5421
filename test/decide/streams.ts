import fc from 'fast-check'
import type { DecideOutput } from '../../services/decide/outputs.ts'
import { isDecision, isOutcome } from '../../services/decide/outputs.ts'
import type { DecideState } from '../../services/decide/state.ts'
import type { DecideInput, DecideStep } from '../../services/decide/step.ts'
import type { Command, Decision, Moment, Outcome, Profile, Receipt, Reply } from '../../services/records/types.ts'
import type { Policy } from '../../services/rules/catalogue.ts'
import type { Purpose } from '../../services/rules/ruleset.ts'
import { purposes, usualReplies } from './catalogue.ts'
import { commandOfMoment } from './timeline.ts'

const minute = 60_000
const hour = 60 * minute
/** Winter, far from any change of the clocks: so the judges of these streams may read wall clocks naively. */
const start = Date.parse('2026-01-12T00:00Z')

export interface Timed {
  readonly at: number
  readonly input: DecideInput
}

/** What decide said after an input or a timer at `at`. */
export interface Said {
  readonly at: number
  readonly state: DecideState
  readonly outputs: readonly DecideOutput[]
}

const wallMinute = fc.integer({ min: 0, max: 47 }).map((half) => half * 30)
const somePurposes = fc.subarray([...purposes], { minLength: 1 })

export const policies: fc.Arbitrary<Policy> = fc.record({
  defaultTimeZone: fc.constant('Asia/Shanghai'),
  defaultLanguage: fc.constant('en'),
  quietHours: fc.array(
    fc.record({
      id: fc.constant('quiet'),
      channels: fc.constant(['sms'] as const),
      start: wallMinute,
      end: wallMinute,
    }),
    { maxLength: 2 },
  ),
  caps: fc.array(
    fc.record(
      {
        id: fc.constant('cap'),
        purposes: somePurposes,
        channels: fc.subarray(['sms', 'ivr'] as const, { minLength: 1 }),
        categories: fc.subarray(['data', 'tariff'] as const, { minLength: 1 }),
        window: fc.oneof(
          fc.record({
            kind: fc.constant('civil' as const),
            unit: fc.constantFrom('day', 'week', 'month', 'billing-month', 'year'),
          }),
          fc.record({
            kind: fc.constant('rolling' as const),
            length: fc.integer({ min: 1, max: 72 }).map((h) => h * hour),
          }),
        ),
        most: fc.integer({ min: 0, max: 4 }),
      },
      { requiredKeys: ['id', 'purposes', 'window', 'most'] },
    ),
    { maxLength: 3 },
  ),
  holdout: fc.constantFrom(0, 0, 0, 0, 1).map((share) => ({ share, salt: 'policy' })),
  gaps: fc.record(
    { marketing: fc.integer({ min: 1, max: 48 * hour }), care: fc.integer({ min: 1, max: 12 * hour }) },
    { requiredKeys: [] },
  ),
  cooling: fc.array(
    fc.record({
      id: fc.constant('cooling'),
      of: fc.constantFrom('all', 'rule', 'offer', 'category'),
      after: fc.integer({ min: 1, max: 3 }),
      within: fc.integer({ min: 1, max: 96 }).map((h) => h * hour),
      length: fc.integer({ min: 1, max: 48 }).map((h) => h * hour),
    }),
    { maxLength: 2 },
  ),
  replies: fc.constant(usualReplies),
})

const profile = (value: Partial<Profile>) => ({ kind: 'profile' as const, value })
const changes = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('moment' as const),
      purpose: fc.constantFrom(...purposes, 'marketing' as const),
      expires: fc.integer({ min: 0, max: 40 }).map((h) => h * hour),
      offered: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('receipt' as const),
      of: fc.nat(),
      status: fc.constantFrom('accepted', 'failed', 'unknown', 'delivered'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disturbance' as const),
      phase: fc.constantFrom('open', 'closed'),
      code: fc.constantFrom('do-not-disturb', 'open-issue', 'live-call'),
      key: fc.constantFrom('1', '2'),
      longest: fc.integer({ min: 1, max: 30 }).map((h) => h * hour),
    }),
  },
  fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York').map((time_zone) => profile({ time_zone })),
  fc.constantFrom('2008-01-14', '1980-01-01').map((birth_date) => profile({ birth_date })),
  fc.constantFrom(13, 15, 31).map((billing_day) => profile({ billing_day })),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reply' as const),
      of: fc.option(fc.nat()),
      said: fc.constantFrom('no', 'no', 'yes', 'maybe', 'stop'),
    }),
  },
  fc
    .record({ purpose: fc.constantFrom('marketing', 'care'), granted: fc.boolean() })
    .map((consent) => ({ kind: 'consent' as const, ...consent })),
)

/** Some days of one subscriber, who begins with all consent; every moment has its own id, some come twice. */
export const streams: fc.Arbitrary<readonly Timed[]> = fc
  .array(fc.record({ after: fc.integer({ min: 0, max: 5 * hour }), change: changes, twice: fc.nat({ max: 9 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    const stream: Timed[] = [consentAt('marketing', true, start), consentAt('care', true, start)]
    const moments: string[] = []
    let at = start
    let judged = false
    let replied = false
    for (const { after, change, twice } of steps) {
      // Judges see an instant as a whole: what changes the case doesn't come at that of a moment, and behind it. Nor does
      // anything at that of a reply, which answers what was before it.
      at += replied || (judged && change.kind !== 'moment') ? Math.max(1, after) : after
      judged = change.kind === 'moment'
      replied = change.kind === 'reply'
      const input = inputOf(change, at, moments)
      stream.push({ at, input })
      if (twice === 0) stream.push({ at, input })
    }
    return stream
  })

type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never

function inputOf(change: Change, at: number, moments: string[]): DecideInput {
  switch (change.kind) {
    case 'profile':
      return { type: 'profile', value: { ...profileAt(at), ...change.value } }
    case 'consent':
      return consentAt(change.purpose as 'marketing', change.granted, at).input
    case 'receipt': {
      const of = moments[change.of % Math.max(1, moments.length)] ?? 'none'
      return { type: 'receipt', value: receiptAt(of, change.status as 'accepted', at) }
    }
    case 'reply': {
      const of = change.of === null ? null : (moments[change.of % Math.max(1, moments.length)] ?? 'none')
      return { type: 'reply', value: replyAt(of, change.said, at) }
    }
    case 'moment': {
      const id = `m${moments.length}`
      moments.push(id)
      const moment = momentAt(id, change.purpose, at, at + change.expires)
      return { type: 'moment', value: { ...moment, offers: change.offered ? ['booster'] : ['gone', 'review'] } }
    }
    case 'disturbance': {
      const { code, key, longest } = change
      const moment = momentAt(`${change.phase}-${code}-${key}-${at}`, 'marketing', at, at + 24 * hour)
      const phase = change.phase === 'open' ? 'open' : 'closed'
      const do_not_disturb = { phase, code, key, until: at + longest, channels: [], purposes: [] } as const
      return { type: 'moment', value: { ...moment, rule: code, kind: 'do-not-disturb', do_not_disturb } }
    }
  }
}

const profileAt = (at: number): Profile => ({ event_id: `p${at}`, subscriber_id: 's', event_time: at, source: 'crm' })

function consentAt(purpose: Purpose, granted: boolean, at: number): Timed {
  const entry = { state: granted ? 'granted' : 'refused', since: at, source: 'crm', evidence_ref: null } as const
  return { at, input: { type: 'profile', value: { ...profileAt(at), consent: { sms: { [purpose]: entry } } } } }
}

const receiptAt = (moment: string, status: Receipt['status'], at: number): Receipt => ({
  receipt_id: `${moment}-${at}`,
  subscriber_id: 's',
  received_at: at,
  command_id: commandOfMoment(moment),
  channel: 'sms',
  status,
})

const replyAt = (moment: string | null, text: string, at: number): Reply => ({
  event_id: `r${at}`,
  subscriber_id: 's',
  event_time: at,
  source: 'deliver',
  channel: 'sms',
  text,
  in_reply_to: moment === null ? null : commandOfMoment(moment),
})

/** A moment of a rule named after the purpose, which offers nothing. */
export const momentAt = (id: string, purpose: Purpose, at: number, expires_at: number): Moment => ({
  moment_id: id,
  subscriber_id: 's',
  detected_at: at,
  at,
  rule: purpose,
  rule_version: '1',
  kind: 'change',
  purpose,
  occurrence: id,
  expires_at,
  evidence: {},
  offers: [],
  segments: {},
  mode: 'live' as const,
})

/** Runs a stream from a state, with its timers at their time. `wall` is the wall clock, if it is ahead of the stream. */
export function run(
  step: DecideStep,
  stream: readonly Timed[],
  from: DecideState = step.initial,
  wall = Number.NEGATIVE_INFINITY,
): readonly Said[] {
  const said: Said[] = []
  let state = from
  for (const { at, input } of stream) {
    timersUntil(at)
    take(at, step.handle(state, input, { clock: at, now: Math.max(at, wall) }))
  }
  timersUntil(Math.max(wall, (stream.at(-1)?.at ?? 0) + 48 * hour))
  return said

  function timersUntil(time: number) {
    for (let due = step.nextDue(state); due <= time; due = step.nextDue(state)) {
      take(due, step.timer(state, { clock: due, now: Math.max(due, wall) }))
      if (step.nextDue(state) <= due) throw new Error(`still due at ${due} after its timer`)
    }
  }

  function take(at: number, result: { state: DecideState; outputs?: readonly DecideOutput[] }) {
    state = result.state
    said.push({ at, state, outputs: result.outputs ?? [] })
  }
}

export const decisionsOf = (said: readonly Said[]): readonly Decision[] =>
  said.flatMap(({ outputs }) => outputs).flatMap((output) => (isDecision(output) ? [output.value] : []))

export const commandsOf = (said: readonly Said[]): readonly Command[] =>
  said
    .flatMap(({ outputs }) => outputs)
    .flatMap((output) => (isDecision(output) || isOutcome(output) ? [] : [output.value as Command]))

export const outcomesOf = (said: readonly Said[]): readonly Outcome[] =>
  said.flatMap(({ outputs }) => outputs).flatMap((output) => (isOutcome(output) ? [output.value] : []))
