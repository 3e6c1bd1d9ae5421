import type { Offer, Policy } from './catalogue.ts'
import { unknownCategory } from './contact-times.ts'
import { type Problem, problem } from './problem.ts'
import type { SourceNode } from './source.ts'

/** Tells of offers whose category the policy doesn't list: caps, registers and preferences would pass over them. */
export function checkOfferCategories(
  nodes: readonly SourceNode[],
  offers: ReadonlyMap<string, Offer | undefined>,
  policy: Policy,
  problems: Problem[],
): void {
  const known = (policy.categories ?? []).map(({ id }) => id)
  for (const node of nodes) {
    const category = node.id === undefined ? undefined : offers.get(node.id)?.category
    if (category === undefined || known.includes(category)) continue
    problems.push(problem('KM_CATALOGUE_CATEGORY', unknownCategory(category, known), node.at(['category'])))
  }
}

/** The offers, of which those that name no category are of the policy's, if it has one. */
export function withDefaultCategory(offers: readonly Offer[], { defaultCategory }: Policy): readonly Offer[] {
  if (defaultCategory === undefined) return offers
  return offers.map((offer) => (offer.category === undefined ? { ...offer, category: defaultCategory } : offer))
}
