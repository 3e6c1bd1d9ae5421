import type { Offer, Policy } from '../rules/catalogue.ts'
import type { Candidate } from './state.ts'

/**
 * A moment's offers in the order in which they are tried: as the policy says for the subscriber's segment, else as the rule
 * lists them. An offer that lacks what is compared comes last.
 */
export function inOrder(
  offers: readonly Offer[],
  segments: Candidate['segments'],
  { offerOrder }: Policy,
): readonly Offer[] {
  if (!offerOrder || offers.length < 2) return offers
  const own = Object.values(segments)
  const order = offerOrder.find(({ segment }) => own.includes(segment))
  if (order === undefined) return offers
  const { by, kinds = [] } = order
  const place = ({ kind }: Offer): number => {
    const at = kind === undefined ? -1 : kinds.indexOf(kind)
    return at < 0 ? kinds.length : at
  }
  const rank = (offer: Offer): number => {
    switch (by) {
      case 'stickiness':
        return -(offer.stickiness ?? 0)
      case 'value':
        return -(offer.value ?? 0)
      case 'cost':
        return offer.cost ?? Number.POSITIVE_INFINITY
      case 'price':
        return offer.price ?? Number.POSITIVE_INFINITY
    }
  }
  // Sorting is stable. Two that lack it are equal: their difference would be no number.
  return offers.toSorted((a, b) => place(a) - place(b) || (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
}
