import { noChannelFacts } from './channel-facts.ts'
import { noProducts } from './owned-products.ts'
import type { DecideState } from './state.ts'

/** Of a subscriber of whom nothing was heard yet. */
export const initialState: DecideState = {
  facts: {
    ended_at: null,
    consent: {},
    time_zone: null,
    language: null,
    birth_date: null,
    billing_day: null,
    calendar: null,
    country: null,
    preferences: null,
    register: null,
    scores: null,
  },
  products: noProducts,
  intervals: [],
  touches: [],
  decided: [],
  deferred: [],
  contacts: [],
  unrecorded: [],
  answers: [],
  channels: noChannelFacts,
  chains: [],
  awaited: [],
  losers: [],
  open: [],
  tasks: [],
  endings: [],
}
