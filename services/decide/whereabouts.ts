import { zonesOf } from '../domain/country-zones.ts'
import type { Policy } from '../rules/catalogue.ts'
import type { Candidate, DecideState } from './state.ts'

/**
 * Learns from a moment in which country the subscriber is, where the policy names the factors that say so. A moment that knows
 * nothing of it changes nothing, as does one from before what is known.
 */
export function withWhereabouts(
  state: DecideState,
  { at, evidence }: Pick<Candidate, 'at' | 'evidence'>,
  { roaming }: Policy,
): DecideState {
  const isAbroad = roaming && evidence[roaming.abroad]
  if (!roaming || typeof isAbroad !== 'boolean') return state
  const country = isAbroad ? String(evidence[roaming.country] ?? '') : ''
  const { ended_at, country: known } = state.facts
  if ((known !== null && at < known.at) || (ended_at !== null && at <= ended_at)) return state
  return { ...state, facts: { ...state.facts, country: { value: country, at } } }
}

/**
 * The zones on whose wall clock the subscriber may be: all of the country abroad. At home, and where the country isn't known to have
 * any, the subscriber's own.
 */
export function zonesNow({ facts }: DecideState, home: string): readonly string[] {
  const abroad = zonesOf(facts.country?.value ?? '')
  return abroad.length > 0 ? abroad : [home]
}

/** By whose clock it was judged: that of the country abroad, else the subscriber's own. */
export const placeFacts = ({ facts }: DecideState, home: string): Readonly<Record<string, string>> =>
  zonesOf(facts.country?.value ?? '').length > 0 ? { country: facts.country?.value ?? '' } : { time_zone: home }
