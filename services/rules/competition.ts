import type { Policy } from './catalogue.ts'
import type { RawPolicy } from './raw.ts'
import { type Subject, second } from './subject.ts'

/** Longer than that, a moment is no moment any more. */
const range = { least: second, most: 15 * 60 * second }

/** For how long moments of a purpose wait for each other, from the policy's raw form; its schema names the purposes. */
export function checkCompetition({ competition }: RawPolicy, subject: Subject): Pick<Policy, 'competition'> {
  if (!competition) return {}
  const { marketing, care } = competition
  const windowOf = (purpose: 'marketing' | 'care', window: string) =>
    subject.duration(window, ['competition', purpose], range)
  return {
    competition: {
      ...(marketing !== undefined && { marketing: windowOf('marketing', marketing) }),
      ...(care !== undefined && { care: windowOf('care', care) }),
    },
  }
}
