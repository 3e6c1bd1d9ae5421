import type { Moment } from '../../services/records/types.ts'
import type { Simulated } from '../../services/simulate/simulate.ts'
import type { Submit } from '../counterparts/run-smsc.ts'
import { checkSends } from './check-sends.ts'
import type { Accepted } from './feed.ts'
import type { QuietWindow } from './quiet.ts'
import type { Outputs } from './read-log.ts'
import type { Workload } from './workload.ts'

/** All that the checker looks at: what went in, what is on the log, and what the SMSC got. None of the engine's states. */
export interface Evidence {
  readonly workload: Workload
  readonly accepted: Accepted
  /** Of the same events, undisturbed. */
  readonly expected: Simulated
  readonly outputs: Outputs
  readonly submits: readonly Submit[]
  readonly quiet: readonly QuietWindow[]
  /** It was waited until deliver had given up on sends whose process was killed. */
  readonly isPatient: boolean
  /** By how much clocks may differ; milliseconds. */
  readonly clockToleranceMs: number
  /** What has been on the log for so long is known to whoever decides; milliseconds. */
  readonly knownAfterMs: number
}

/** Kinds of broken promises, in the order of the table. */
export const promises = [
  'moment lost',
  'moment that nobody expects',
  'moment without a decision',
  'decided twice',
  'command without its decision, or the reverse',
  'command lost',
  'marketing sent twice',
  'care sent twice',
  'sent without an attempt or a command',
  'told falsely',
  'without consent',
  'in spite of do-not-disturb',
  'in quiet hours',
  'beyond the cap',
  'within the gap',
  'spoilt or late record unaccounted for',
] as const
export type Promised = (typeof promises)[number]

/** A promise that was broken, told in a sentence. */
export interface Finding {
  readonly promise: Promised
  readonly told: string
}

/** Everything that is wrong; nothing: every promise was kept. */
export function check(evidence: Evidence): Finding[] {
  return [
    ...checkMoments(evidence),
    ...checkDecisions(evidence.outputs),
    ...checkSends(evidence),
    ...checkOddRecords(evidence),
  ]
}

function* checkMoments({ expected, outputs }: Evidence): Generator<Finding> {
  const wanted = new Map(expected.moments.map((moment) => [moment.moment_id, moment]))
  const found = distinctMoments(outputs)
  for (const [id, moment] of wanted) if (!found.has(id)) yield { promise: 'moment lost', told: told(moment) }
  for (const [id, moment] of found) {
    if (!wanted.has(id)) yield { promise: 'moment that nobody expects', told: told(moment) }
  }
}

export const distinctMoments = ({ moments }: Outputs): Map<string, Moment> =>
  new Map(moments.map(({ value }) => [value.moment_id, value]))

function* checkDecisions({ moments, decisions, commands }: Outputs): Generator<Finding> {
  const final = new Map<string, Outputs['decisions'][number]['value']>()
  for (const { value } of decisions) {
    if (value.outcome === 'deferred') continue
    const before = final.get(value.moment_id)
    // What was commanded may be taken back.
    const isTakenBack = before?.outcome === 'command' && value.outcome === 'withdrawn'
    if (before && before.outcome !== value.outcome && !isTakenBack) {
      const told = `${value.rule} of ${value.subscriber_id}: ${before.outcome} and ${value.outcome} ${value.code ?? ''}`
      yield { promise: 'decided twice', told }
    }
    final.set(value.moment_id, before ?? value)
  }
  for (const [id, moment] of new Map(moments.map(({ value }) => [value.moment_id, value]))) {
    if (!final.has(id)) yield { promise: 'moment without a decision', told: told(moment) }
  }
  const promise = 'command without its decision, or the reverse'
  const ofMoment = new Map<string, string>()
  for (const { value } of commands) {
    const { moment_id, command_id, rule, subscriber_id } = value
    const other = ofMoment.get(moment_id)
    if (other && other !== command_id)
      yield { promise, told: `two commands of one moment: ${rule} of ${subscriber_id}` }
    ofMoment.set(moment_id, command_id)
    if (final.get(moment_id)?.outcome !== 'command') yield { promise, told: `a command of ${rule} of ${subscriber_id}` }
  }
  for (const { outcome, moment_id, rule, subscriber_id } of final.values()) {
    if (outcome === 'command' && !ofMoment.has(moment_id))
      yield { promise, told: `a decision: ${rule} of ${subscriber_id}` }
  }
}

/** What nobody can handle is a dead letter, what is too late is on the topic of late events: neither is dropped silently. */
function* checkOddRecords({ workload, outputs }: Evidence): Generator<Finding> {
  const promise = 'spoilt or late record unaccounted for'
  const places = new Set(
    outputs.deadLetters
      .filter(({ value }) => value.service === 'detect')
      .map(({ value }) => `${value.topic} ${value.shard} ${value.position}`),
  )
  const spoilt = workload.arrivals.filter((arrival) => arrival.spoilt).length
  if (places.size !== spoilt)
    yield { promise, told: `${places.size} dead letters of detect for ${spoilt} spoilt records` }
  for (const { isLate, event } of workload.arrivals) {
    if (isLate && !outputs.late.has(event.record.event_id))
      yield { promise, told: `late, and not told: ${event.record.event_id}` }
  }
}

const told = ({ moment_id, rule, subscriber_id, at }: Moment): string =>
  `${rule} of ${subscriber_id} at ${new Date(at).toISOString()} (${moment_id})`
