import { momentId } from '../domain/ids.ts'
import type { DoNotDisturb, Moment } from '../records/types.ts'
import type { Rule } from '../rules/ruleset.ts'

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
})
