import { dayNumber, timeZone } from '../domain/time-zones.ts'
import { concerns } from './contact-kinds.ts'
import type { Case, Facts } from './gates.ts'
import type { RegisterCheck } from './preferences.ts'

type Protection = { readonly until: number | null; readonly facts: Facts }

/**
 * Why the subscriber is not to be approached at all; of several reasons the one that lasts longest. Who stands on a
 * regulator's register is protected whatever the policy says; the policy says for what the register must have been asked,
 * and how lately: not asked, or too long ago, counts as listed. The birth date stays out of the facts; when protection ends
 * follows from it.
 */
export function protectionOf(subject: Case): Protection | undefined {
  const { register } = subject.state.facts
  if (register?.listed) {
    return { until: null, facts: { reason: 'register', checked_at: register.at, ref: register.ref } }
  }
  return staleRegister(subject, register) ?? minority(subject)
}

function staleRegister(subject: Case, check: RegisterCheck | null): Protection | undefined {
  const until = registerHolds(subject)
  if (subject.now < until) return undefined
  const asked = check ? { checked_at: check.at, ref: check.ref } : { checked_at: null }
  return {
    until: null,
    facts: { reason: 'register-stale', ...asked, max_age_ms: subject.policy.register?.maxAge ?? 0 },
  }
}

/** Until when a check of the register allows what the case is about; Infinity: none is needed. */
export function registerHolds(subject: Case): number {
  const { state, policy } = subject
  if (!policy.register || !concerns(policy.register.requiredFor, subject)) return Number.POSITIVE_INFINITY
  return state.facts.register ? state.facts.register.at + policy.register.maxAge : Number.NEGATIVE_INFINITY
}

const adultAge = 18

function minority({ state, now, zone }: Case): Protection | undefined {
  const born = state.facts.birth_date?.value
  if (born === undefined) return undefined
  const until = timeZone(zone).startOf('day', birthday(born, adultAge))
  return now < until ? { until, facts: { reason: 'minor' } } : undefined
}

/** The day on which somebody born on YYYY-MM-DD is that old; who was born on 29 February comes of age on 1 March. */
function birthday(born: string, years: number): number {
  return dayNumber(Number(born.slice(0, 4)) + years, Number(born.slice(5, 7)), Number(born.slice(8)))
}
