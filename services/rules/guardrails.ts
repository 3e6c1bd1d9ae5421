import { didYouMean } from '../domain/nearest-name.ts'
import type { RawCampaign } from './raw.ts'
import type { Subject } from './subject.ts'

/** When a variant gets no new exposures any more. */
export interface Guardrail {
  readonly rate: 'opt-out' | 'refusal'
  /** The rate is above this, 0..1; or above that of others times this, 1 or more. */
  readonly above: { readonly rate: number } | { readonly times: number; readonly against: 'control' | 'holdout' }
  /** It isn't judged with fewer exposures; against others', of either. */
  readonly exposures: number
  /** So sure must it be, 0.5..1. */
  readonly confidence: number
}

/**
 * A rail is asked again with every outcome, so that chance has many tries at it: the usual 95 % would stop too many that do no harm.
 */
const usualConfidence = 0.99

type RawVariant = NonNullable<RawCampaign['variants']>[number]

/** The rails of a variant; what is wrong with them is told to the subject. */
export function guardrailsOf(
  { id, stop_if = [], when_stopped }: RawVariant,
  { control }: RawCampaign,
  index: number,
  subject: Subject,
  hasHoldout: boolean,
): readonly Guardrail[] {
  const path = ['variants', index]
  const fault = (message: string, ...place: (string | number)[]) =>
    subject.fault('KM_CAMPAIGN_GUARDRAIL', message, [...path, ...place])
  if (stop_if.length > 0 && id === control) {
    fault(`'${id}' is the control, which those fall back to who are in a stopped variant; leave this out`, 'stop_if')
  }
  if (when_stopped !== undefined && stop_if.length === 0) {
    fault("nothing ever stops it, so that this says nothing; add a 'stop_if', or leave it out", 'when_stopped')
  }
  if (when_stopped === 'control' && control === undefined) {
    fault("there is no control to fall back to; name one: control: as-ever, or say 'nothing'", 'when_stopped')
  }
  return stop_if.map(
    ({ rate, above, times_control, times, against, exposures, confidence = usualConfidence }, rail): Guardrail => {
      const place = ['stop_if', rail]
      const limits = Object.entries({ above, times_control, times }).filter(([, limit]) => limit !== undefined)
      if (limits.length !== 1) {
        const named = limits.map(([name]) => `'${name}'`).join(' and ')
        const what =
          limits.length === 0 ? "'above', 'times_control' or 'times' is missing" : `${named} are different rails`
        fault(`${what}: write one of them, e.g. above: 0.02`, ...place)
      }
      if ((times === undefined) !== (against === undefined)) {
        const message =
          times === undefined
            ? "it isn't said how often; write both, e.g. times: 1.5, against: holdout"
            : "it isn't said whose; write both, e.g. times: 1.5, against: holdout"
        fault(message, ...place, times === undefined ? 'against' : 'times')
      }
      if (against === 'holdout' && !hasHoldout) {
        const message =
          'nobody is held out to compare with; give the campaign a holdout, e.g. holdout: 0.05, or the policy'
        fault(message, ...place, 'against')
      }
      if (above === 1) fault('no rate is above 1, so that this never holds; give it less', ...place, 'above')
      if (times_control !== undefined && control === undefined) {
        fault('there is no control to compare with; name one: control: as-ever', ...place, 'times_control')
      }
      const limit =
        times !== undefined
          ? ({ times, against: 'holdout' } as const)
          : times_control !== undefined
            ? ({ times: times_control, against: 'control' } as const)
            : { rate: above ?? 1 }
      return { rate, above: limit, exposures, confidence }
    },
  )
}

/** The campaign's control, which has to be one of its variants. */
export function checkControl({ control, variants = [] }: RawCampaign, subject: Subject): void {
  if (control === undefined) return
  const ids = variants.map(({ id }) => id)
  if (ids.includes(control)) return
  subject.fault('KM_CAMPAIGN_GUARDRAIL', `no variant '${control}'${didYouMean(control, ids)}`, ['control'])
}
