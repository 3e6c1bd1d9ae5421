import type { Cooling } from './catalogue.ts'
import type { RawPolicy } from './raw.ts'
import { day, type Subject, second } from './subject.ts'

const range = { least: 60 * second, most: 366 * day }

/** A cooling from its raw form; `after` and `within` go together. */
export function checkCooling(
  { id, of = 'all', after = 1, within, for: length }: NonNullable<RawPolicy['cooling']>[number],
  index: number,
  subject: Subject,
): Cooling {
  const at = ['cooling', index]
  if (after > 1 && within === undefined) {
    const message = `'within' is missing: ${after} refusals within which time? write it like within: 90d`
    subject.fault('KM_CATALOGUE_MISSING_KEY', message, at)
  }
  if (after === 1 && within !== undefined) {
    const message = "'within' says nothing of one refusal; leave it out, or give 'after' 2 or more"
    subject.fault('KM_CATALOGUE_VALUE', message, [...at, 'within'])
  }
  return {
    id,
    of,
    after,
    within: within === undefined ? Number.POSITIVE_INFINITY : subject.duration(within, [...at, 'within'], range),
    length: subject.duration(length, [...at, 'for'], range),
  }
}
