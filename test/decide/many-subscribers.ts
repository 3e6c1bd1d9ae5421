import { isDecision } from '../../services/decide/outputs.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Command, Decision, Moment, Profile } from '../../services/records/types.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'

const noon = Date.parse('2026-03-02T04:00Z')

/** What decide says to one marketing moment of each of 4,000 subscribers who consent. */
export function answersOf(
  catalogue: Catalogue,
): ReadonlyMap<string, { readonly decision: Decision; readonly command: Command | undefined }> {
  const step = createDecideStep(catalogue)
  const at = { now: noon, clock: noon }
  return new Map(
    Array.from({ length: 4000 }, (_, i) => {
      const subscriber = `subscriber-${i}`
      const { state } = step.handle(step.initial, { type: 'profile', value: consentOf(subscriber) }, at)
      const { outputs = [] } = step.handle(state, { type: 'moment', value: momentOf(subscriber) }, at)
      const decision = outputs.find(isDecision)?.value
      if (!decision) throw new Error(`nothing was said to ${subscriber}`)
      const command = outputs.find((output) => !isDecision(output))?.value as Command | undefined
      return [subscriber, { decision, command }]
    }),
  )
}

const consentOf = (subscriber_id: string): Profile => ({
  event_id: 'p',
  subscriber_id,
  event_time: noon,
  source: 'crm',
  consent: { sms: { marketing: { state: 'granted', since: noon, source: 'crm' } } },
})

const momentOf = (subscriber_id: string): Moment => ({
  moment_id: `m-${subscriber_id}`,
  subscriber_id,
  detected_at: noon,
  at: noon,
  rule: 'marketing',
  rule_version: '1',
  kind: 'change',
  purpose: 'marketing',
  occurrence: 'm',
  expires_at: noon + 3_600_000,
  evidence: {},
  offers: ['booster'],
  segments: {},
  mode: 'live',
})
