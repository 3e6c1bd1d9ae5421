import { holdsBack, purposesHeldBack } from '../domain/reason-codes.ts'
import type { Cap, Offer } from './catalogue.ts'
import { unknownCategory } from './contact-times.ts'
import type { RawPolicy } from './raw.ts'
import { day, type Subject, second } from './subject.ts'

/** No cap looks further back than touches are kept. */
export const longestCapMs = 366 * day

/** A cap from its raw form; one that could never hold back anything is a fault. */
export function checkCap(
  cap: RawPolicy['caps'][number],
  index: number,
  raw: RawPolicy,
  subject: Subject,
  offers: readonly (Offer | undefined)[],
): Cap {
  const at = ['caps', index]
  if (!cap.purposes.some((purpose) => holdsBack('cap', purpose))) {
    const message = `caps hold back ${purposesHeldBack('cap').join(' and ')} only, and this one doesn't name it: it would never hold; add it or take the cap out`
    subject.fault('KM_CATALOGUE_VALUE', message, [...at, 'purposes'])
  }
  checkCategories(cap.categories ?? [], [...at, 'categories'], raw, subject, offers)
  const { civil, rolling } = cap.window
  const range = { least: second, most: longestCapMs }
  return {
    id: cap.id,
    purposes: cap.purposes,
    ...(cap.channels && { channels: cap.channels }),
    ...(cap.categories && { categories: cap.categories }),
    window: civil
      ? { kind: 'civil', unit: civil }
      : { kind: 'rolling', length: subject.duration(rolling ?? '', [...at, 'window', 'rolling'], range) },
    most: cap.most,
  }
}

/**
 * Each must be one that the policy lists, and that of some offer. Where an offer is faulty, or nobody says what it is about, it may
 * be of any.
 */
function checkCategories(
  categories: readonly string[],
  path: readonly (string | number)[],
  raw: RawPolicy,
  subject: Subject,
  offers: readonly (Offer | undefined)[],
): void {
  const known = (raw.categories ?? []).map(({ id }) => id)
  const used = offers.map((offer) => offer && (offer.category ?? raw.default_category))
  categories.forEach((category, index) => {
    if (!known.includes(category)) {
      subject.fault('KM_CATALOGUE_CATEGORY', unknownCategory(category, known), [...path, index])
    } else if (!used.includes(undefined) && !used.includes(category)) {
      const message = `no offer is of category '${category}', so that it covers nothing; leave it out`
      subject.fault('KM_CATALOGUE_VALUE', message, [...path, index])
    }
  })
}
