import type { Command, Decision, Moment, Order, Profile, Receipt, Reply } from '../../../services/records/types.ts'

/** What decide is told of a subscriber. */
export type Told =
  | { readonly type: 'moment'; readonly value: Moment }
  | { readonly type: 'profile'; readonly value: Profile }
  | { readonly type: 'order'; readonly value: Order }
  | { readonly type: 'receipt'; readonly value: Receipt }
  | { readonly type: 'reply'; readonly value: Reply }

/** What came, or what was said to it, at an instant of the wall clock. */
export type Entry = { readonly at: number } & (
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'decision'; readonly decision: Decision }
  | { readonly kind: 'command'; readonly command: Command }
)

/** All of one subscriber, in the order in which it came to be known. There are no addresses in it. */
export type History = readonly Entry[]

/** What was told by then, of one type. */
export const toldOf = <Type extends Told['type']>(
  history: History,
  type: Type,
): readonly (Told & { readonly type: Type })['value'][] =>
  history.flatMap((entry) => (entry.kind === 'told' && entry.told.type === type ? [entry.told.value as never] : []))
