import { holdsBack, purposesHeldBack } from '../domain/reason-codes.ts'
import type { Cap, Offer, Policy } from './catalogue.ts'
import { unknownCategory } from './contact-times.ts'
import { type Problem, problem } from './problem.ts'
import type { RawPolicy } from './raw.ts'
import type { SourceNode } from './source.ts'
import { day, type Subject, second } from './subject.ts'

/** No cap looks further back than touches are kept. */
const longestCapMs = 366 * day

/** A cap from its raw form; one that could never hold back anything is a fault. */
export function checkCap(cap: RawPolicy['caps'][number], index: number, raw: RawPolicy, subject: Subject): Cap {
  const at = ['caps', index]
  if (!cap.purposes.some((purpose) => holdsBack('cap', purpose))) {
    const message = `caps hold back ${purposesHeldBack('cap').join(' and ')} only, and this one doesn't name it: it would never hold; add it or take the cap out`
    subject.fault('KM_CATALOGUE_VALUE', message, [...at, 'purposes'])
  }
  const known = (raw.categories ?? []).map(({ id }) => id)
  for (const [place, category] of (cap.categories ?? []).entries()) {
    if (known.includes(category)) continue
    subject.fault('KM_CATALOGUE_CATEGORY', unknownCategory(category, known), [...at, 'categories', place])
  }
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
 * Tells of categories of caps that no offer has. Where an offer is faulty, or nobody says what it is about, it may be of any.
 */
export function checkCapCategories(
  [node]: readonly SourceNode[],
  { caps, categories = [], defaultCategory }: Policy,
  offers: readonly (Offer | undefined)[],
  problems: Problem[],
): void {
  const used = offers.map((offer) => offer && (offer.category ?? defaultCategory))
  if (!node || used.includes(undefined)) return
  for (const [index, cap] of caps.entries()) {
    for (const [place, category] of (cap.categories ?? []).entries()) {
      // One that isn't listed has been told of.
      if (used.includes(category) || !categories.some(({ id }) => id === category)) continue
      const message = `no offer is of category '${category}', so that it covers nothing; leave it out`
      problems.push(problem('KM_CATALOGUE_VALUE', message, node.at(['caps', index, 'categories', place])))
    }
  }
}
