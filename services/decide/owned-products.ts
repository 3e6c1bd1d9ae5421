import type { Order, Profile } from '../records/types.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Known } from './subscriber-facts.ts'

/**
 * What profiles and orders have said of the products that the subscriber has. What was said last of a product holds, by the
 * time of the event that said it: the result doesn't depend on the order of arrival, apart from what `cut_at` tells.
 */
export interface OwnedProducts {
  /** The newest list of a profile: what isn't on it, isn't had. null: none was ever told; then orders alone count. */
  readonly listed: Listed | null
  /** The plan counts as a product. */
  readonly plan: Known | null
  /** The newest order of each product. */
  readonly orders: readonly ProductOrder[]
  /** The last day of the contract, as profiles say it: YYYY-MM-DD. */
  readonly contract_end: Known | null
  /** What was said then of a product had to be left out. Until a list from after that time, it isn't known what is had. */
  readonly cut_at: number | null
}

export interface Listed {
  readonly products: readonly string[]
  readonly at: number
  /** Of the event: of two at one instant, the greater counts. */
  readonly id: string
}

export interface ProductOrder {
  readonly product: string
  /** Its end was not ordered. */
  readonly owned: boolean
  readonly at: number
  /** As of a list. */
  readonly id: string
  /** When the product itself was ordered last; null: only its end was. */
  readonly taken_at: number | null
  /** YYYY-MM-DD, where the order told it. */
  readonly contract_end: string | null
}

export const noProducts: OwnedProducts = { listed: null, plan: null, orders: [], contract_end: null, cut_at: null }

/** Takes an order into what is had. `endedAt`: when the identity last ended; what was said until then is of somebody else. */
export function applyOrder(owned: OwnedProducts, order: Order, endedAt: number | null): OwnedProducts {
  const { event_time: at, event_id: id, product_id: product, action, contract_end = null } = order
  if (endedAt !== null && at <= endedAt) return owned
  const isTaken = action !== 'unsubscribe'
  const told: ProductOrder = { product, owned: isTaken, at, id, taken_at: isTaken ? at : null, contract_end }
  const index = owned.orders.findIndex((known) => known.product === product)
  const known = owned.orders[index]
  if (!known) return { ...owned, orders: [...owned.orders, told] }
  const taken_at = later(known.taken_at, told.taken_at)
  if (!isLater(told, known) && taken_at === known.taken_at) return owned
  return { ...owned, orders: owned.orders.with(index, { ...(isLater(told, known) ? told : known), taken_at }) }
}

/** Takes a profile event into what is had. `endedAt`: as the facts are after this event. */
export function applyProducts(owned: OwnedProducts, profile: Profile, endedAt: number | null): OwnedProducts {
  const since = profile.status === 'deactivated' ? withoutPast(owned, endedAt) : owned
  const { event_time: at, event_id: id, products, plan, contract_end } = profile
  if (endedAt !== null && at <= endedAt) return since
  const newer = (known: Known | null, value: string | null | undefined) =>
    value != null && (known === null || at >= known.at) ? { value, at } : known
  const isNewList = products != null && (!since.listed || isLater({ at, id }, since.listed))
  if (!isNewList && plan == null && contract_end == null) return since
  return {
    ...since,
    listed: isNewList ? { products: [...new Set(products)], at, id } : since.listed,
    plan: newer(since.plan, plan),
    contract_end: newer(since.contract_end, contract_end),
  }
}

/** SEMANTICS: ties at one instant are ordered by the event's id. */
const isLater = (told: Pick<Listed, 'at' | 'id'>, known: Pick<Listed, 'at' | 'id'>): boolean =>
  told.at > known.at || (told.at === known.at && told.id > known.id)

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

function withoutPast(owned: OwnedProducts, endedAt: number | null): OwnedProducts {
  if (endedAt === null) return owned
  const since = <T extends { readonly at: number }>(known: T | null) => (known && known.at > endedAt ? known : null)
  const time = (at: number | null) => (at !== null && at > endedAt ? at : null)
  return {
    listed: since(owned.listed),
    plan: since(owned.plan),
    orders: owned.orders
      .flatMap((order) => since(order) ?? [])
      .map((order) => ({ ...order, taken_at: time(order.taken_at) })),
    contract_end: since(owned.contract_end),
    cut_at: time(owned.cut_at),
  }
}

/** At most so many products of a list, and so many orders, are kept; the same where there are no more. */
export function boundedProducts(owned: OwnedProducts, most: number): OwnedProducts {
  const { listed, orders } = owned
  const isLong = listed !== null && listed.products.length > most
  // A later list says anew what is had.
  const isOver = owned.cut_at !== null && listed !== null && listed.at > owned.cut_at
  if (!isLong && !isOver && orders.length <= most) return owned
  const idle = orders.filter((order) => isIdle(order, owned))
  const sorted = [...idle, ...orders.filter((order) => !idle.includes(order)).toSorted((a, b) => a.at - b.at)]
  const gone = sorted.slice(0, Math.max(0, orders.length - most))
  const cuts = gone.filter((order) => !idle.includes(order)).map(({ at }) => at)
  if (isLong) cuts.push(listed.at)
  if (owned.cut_at !== null && !isOver) cuts.push(owned.cut_at)
  return {
    ...owned,
    listed: isLong ? { ...listed, products: listed.products.slice(0, most) } : listed,
    orders: sorted.slice(gone.length),
    cut_at: cuts.length > 0 ? Math.max(...cuts) : null,
  }
}

/** Without the order, the same is had. */
const isIdle = ({ at, owned, product }: ProductOrder, { listed }: OwnedProducts): boolean =>
  listed && listed.at >= at ? true : !owned && !listed?.products.includes(product)

/** By product, those that take its place once they are ordered. */
export type Replacements = ReadonlyMap<string, readonly string[]>

/** Of all offers: by product, those that take its place. */
export function replacementsOf(offers: readonly Offer[]): Replacements {
  const found = new Map<string, string[]>()
  for (const { product, replaces = [] } of offers) {
    if (product === undefined) continue
    for (const other of replaces) found.set(other, [...(found.get(other) ?? []), product])
  }
  return found
}

/** The subscriber has the product, and no order that came behind what told so has put another in its place. */
export function owns(owned: OwnedProducts, product: string, replacements: Replacements): boolean {
  const since = toldAt(owned, product)
  if (since === undefined) return false
  const others = replacements.get(product) ?? []
  return !owned.orders.some(({ product: other, taken_at }) => {
    return taken_at !== null && taken_at > since && others.includes(other)
  })
}

/** The product of the offer, if the subscriber has it and needs no second one. */
export function ownedProduct(
  owned: OwnedProducts,
  { product, repeatable }: Pick<Offer, 'product' | 'repeatable'>,
  replacements: Replacements,
): string | undefined {
  return product !== undefined && !repeatable && owns(owned, product, replacements) ? product : undefined
}

/** The time of what was said last that the subscriber has the product; undefined: they haven't. */
function toldAt({ listed, plan, orders }: OwnedProducts, product: string): number | undefined {
  const order = orders.find((known) => known.product === product)
  // At one instant a profile comes behind an order.
  const isPlan = plan?.value === product && !(order && order.at > plan.at)
  const told = order && !(listed && listed.at >= order.at) ? order : listed
  const isHad = told && ('owned' in told ? told.owned : told.products.includes(product))
  if (isPlan) return Math.max(plan.at, isHad ? told.at : plan.at)
  return isHad ? told.at : undefined
}

/** The last day on which the subscriber is bound, YYYY-MM-DD: by the contract, or by a product that they have. */
export function boundUntil(owned: OwnedProducts, replacements: Replacements): string | undefined {
  const days = owned.orders.flatMap(({ product, owned: isOrdered, contract_end }) =>
    contract_end !== null && isOrdered && owns(owned, product, replacements) ? [contract_end] : [],
  )
  if (owned.contract_end) days.push(owned.contract_end.value)
  return days.sort().at(-1)
}

/** What the subscriber has, by name. */
export function productsHad(owned: OwnedProducts, replacements: Replacements): readonly string[] {
  const { listed, plan, orders } = owned
  const told = [...(listed?.products ?? []), ...(plan ? [plan.value] : []), ...orders.map(({ product }) => product)]
  return [...new Set(told)].filter((product) => owns(owned, product, replacements)).sort()
}
