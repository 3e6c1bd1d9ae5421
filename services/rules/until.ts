import { matchesOf } from './match.ts'
import type { RawRule } from './raw.ts'
import type { EventMatch } from './ruleset.ts'
import type { Subject } from './subject.ts'

/** What ends the reason of a rule's moments, or undefined where nothing does, or with its faults. */
export function checkUntil(
  { until, moment, offers = [] }: RawRule,
  subject: Subject,
): readonly EventMatch[] | undefined {
  if (until === undefined) return undefined
  if (moment === 'do-not-disturb') {
    const message = "'until' has no place in a do-not-disturb rule: say by close what ends the silence"
    subject.fault('KM_CATALOGUE_VALUE', message, ['until'])
    return undefined
  }
  if (offers.length === 0) {
    const message =
      "'until' ends what is said of the moment, and this rule offers nothing: name its offers, or leave until out"
    subject.fault('KM_CATALOGUE_VALUE', message, ['until'])
    return undefined
  }
  return matchesOf(until, ['until'], subject)
}
