import { momentId } from '../domain/ids.ts'
import type { DoNotDisturb, Moment, RecordTypes } from '../records/types.ts'
import type { IntervalTrigger, Rule } from '../rules/ruleset.ts'
import type { EventType } from '../topology.ts'

/** What is known of a moment when its rule fires. */
export interface Firing {
  readonly subscriber: string
  readonly at: number
  readonly occurrence: string
  /** When it was noticed. */
  readonly detectedAt: number
  /** When the log took the completing event; null for timers. */
  readonly triggeredAt: number | null
  readonly evidence: Moment['evidence']
  readonly segments: Moment['segments']
  readonly doNotDisturb: DoNotDisturb | null
}

export const momentOf = (rule: Rule, firing: Firing): Moment => ({
  moment_id: momentId(rule.id, firing.subscriber, firing.occurrence),
  subscriber_id: firing.subscriber,
  detected_at: firing.detectedAt,
  at: firing.at,
  triggered_at: firing.triggeredAt,
  rule: rule.id,
  rule_version: rule.version,
  kind: rule.moment,
  purpose: rule.purpose,
  occurrence: firing.occurrence,
  expires_at: firing.at + rule.expires,
  evidence: firing.evidence,
  offers: rule.offers,
  do_not_disturb: firing.doNotDisturb,
  segments: firing.segments,
  mode: rule.mode,
})

/** An event of a rule's `until`, and what follows from it alone. */
export type Ending = Pick<Firing, 'subscriber' | 'at' | 'occurrence' | 'detectedAt'>

/** No moment of its own: what the rule's moments of before `at` had for a reason has ended. */
export const endingOf = (rule: Rule, ending: Ending): Moment => ({
  ...momentOf(rule, { ...ending, triggeredAt: null, evidence: {}, segments: {}, doNotDisturb: null }),
  offers: [],
  reason_ended_at: ending.at,
})

/** What an event says that opens (0) or closes (1) an interval. */
export function doNotDisturbOf(trigger: IntervalTrigger, event: RecordTypes[EventType], phase: number): DoNotDisturb {
  const key: unknown = Object.entries(event).find(([name]) => name === trigger.key)?.[1]
  const named = typeof key === 'string' ? key : ''
  const time = event.event_time
  if (phase === 0) return intervalOf(trigger, 'open', named, time, null)
  return intervalOf(trigger, 'closed', named, time, trigger.lingers > 0 ? time + trigger.lingers : null)
}

/** An interval that a date opens at `at`. */
export const intervalOfDate = (trigger: IntervalTrigger, at: number): DoNotDisturb =>
  intervalOf(trigger, 'open', '', at, null)

const intervalOf = (
  { code, channels, purposes, longest }: IntervalTrigger,
  phase: DoNotDisturb['phase'],
  key: string,
  at: number,
  lingers_until: number | null,
): DoNotDisturb => ({ phase, code, key, until: at + longest, lingers_until, channels, purposes })
