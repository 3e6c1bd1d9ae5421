import { holdsBack } from '../domain/reason-codes.ts'
import type { Decision } from '../records/types.ts'
import type { Purpose } from './state.ts'
import type { SubscriberFacts } from './subscriber-facts.ts'

/** What a command rests on beside consent. */
export type Citations = Required<Pick<Decision, 'preferences_ref' | 'register_ref'>>

export function citationsOf({ preferences, register }: SubscriberFacts, purpose: Purpose): Citations {
  if (!holdsBack('protected', purpose)) return { preferences_ref: null, register_ref: null }
  return { preferences_ref: preferences?.ref ?? null, register_ref: register?.ref ?? null }
}
