import type { Offer } from '../../../services/rules/catalogue.ts'
import { type History, toldOf } from './history.ts'

/** What a subscriber has, by docs/offers.md. */
export interface Had {
  has(product: string): boolean
  /** The last day of what binds them, YYYY-MM-DD. */
  readonly boundUntil: string | undefined
}

interface Word {
  readonly at: number
  readonly id: string
  readonly isHad: boolean
}

/** What was said last of a product holds; another that replaces it and was ordered since has taken its place. */
export function hadBy(history: History, offers: readonly Offer[], endedAt: number): Had {
  const orders = toldOf(history, 'order').filter(({ event_time }) => event_time > endedAt)
  const profiles = toldOf(history, 'profile').filter(({ event_time }) => event_time > endedAt)
  const lists = profiles.flatMap(({ products, event_time: at, event_id: id }) =>
    products ? [{ products, at, id }] : [],
  )
  const list = lists.toSorted(byTime).at(-1)
  const plan = profiles
    .flatMap(({ plan: name, event_time: at }) => (name == null ? [] : [{ name, at }]))
    .toSorted((a, b) => a.at - b.at)
    .at(-1)
  const orderOf = (product: string) =>
    orders
      .filter(({ product_id }) => product_id === product)
      .map(({ event_time: at, event_id: id, ...order }) => ({ ...order, at, id }))
      .toSorted(byTime)
      .at(-1)

  /** Since when it is had, as far as it was said. */
  function since(product: string): number | undefined {
    const order = orderOf(product)
    const words: Word[] = []
    if (order) words.push({ ...order, isHad: order.action !== 'unsubscribe' })
    // At one instant a list comes behind an order.
    if (list && (!order || list.at >= order.at)) words.push({ ...list, isHad: list.products.includes(product) })
    const last = words.at(-1)
    const had = last?.isHad ? last.at : undefined
    const isPlan = plan?.name === product && (!order || plan.at >= order.at)
    return isPlan ? Math.max(plan.at, had ?? plan.at) : had
  }

  function has(product: string): boolean {
    const from = since(product)
    if (from === undefined) return false
    const heirs = offers.flatMap((offer) =>
      offer.replaces?.includes(product) && offer.product !== undefined ? [offer.product] : [],
    )
    return !orders.some(
      ({ product_id, action, event_time }) =>
        action !== 'unsubscribe' && heirs.includes(product_id) && event_time > from,
    )
  }

  const ends = [...new Set(orders.map(({ product_id }) => product_id))].flatMap((product) => {
    const order = orderOf(product)
    return order?.contract_end != null && order.action !== 'unsubscribe' && has(product) ? [order.contract_end] : []
  })
  const told = profiles
    .flatMap(({ contract_end, event_time: at }) => (contract_end == null ? [] : [{ contract_end, at }]))
    .toSorted((a, b) => a.at - b.at)
    .at(-1)
  if (told) ends.push(told.contract_end)
  return { has, boundUntil: ends.toSorted().at(-1) }
}

/** SEMANTICS: ties are in the order of the ids. */
const byTime = (a: { at: number; id: string }, b: { at: number; id: string }): number =>
  a.at - b.at || (a.id < b.id ? -1 : 1)
