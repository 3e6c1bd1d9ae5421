import { didYouMean, didYouMeanOneOf } from '../../domain/nearest-name.ts'
import type { Offer, Policy } from '../catalogue.ts'
import type { ProblemCode } from '../problem.ts'
import type { Factor, Rule } from '../ruleset.ts'
import type { KnownFactor } from '../scope.ts'
import type { KnownVariable } from './check-output.ts'
import { isFit, kindOfFactor } from './values.ts'
import { isOwn, ownValue, ownVariables, policyName, policyValue } from './variables.ts'

/** What messages are held against. */
export interface KnownByMessages {
  /** By id; undefined for one which is faulty. */
  readonly offers: ReadonlyMap<string, Offer | undefined>
  readonly made: readonly Factor[]
  /** By id; undefined for one which is faulty. */
  readonly factors: ReadonlyMap<string, KnownFactor | undefined>
  readonly rules: readonly Rule[]
  /** All rules are without fault; else what they have as evidence isn't known. */
  readonly hasAllRules: boolean
  /** undefined: it is faulty. */
  readonly policy: Policy | undefined
}

/** A text: of which offer, listed by which rules, in which language. */
export interface Place {
  readonly offer: Offer
  readonly listing: readonly Rule[]
  readonly language: string
  readonly known: KnownByMessages
}

type Tell = (code: ProblemCode, message: string) => void

/** What a name stands for in a text; undefined: it has a fault, which has been told here or before. */
export function variableOf(name: string, place: Place, tell: Tell): KnownVariable | undefined {
  if (isOwn(name)) return own(name, place, tell)
  const ofPolicy = policyName(name)
  if (ofPolicy !== undefined) return variableOfPolicy(ofPolicy, place, tell)
  if (place.known.factors.has(name)) return factor(name, place, tell)
  return unknown(name, place, tell)
}

function own(name: keyof typeof ownVariables, { offer, language }: Place, tell: Tell): KnownVariable | undefined {
  const value = ownValue(name, { offer, language, evidence: {}, at: 0 })
  if (value !== null) return { kind: ownVariables[name].kind }
  tell('KM_TEMPLATE_MISSING', whyNone[name] ?? 'the title cannot stand in a message')
  return undefined
}

const whyNone: Readonly<Partial<Record<string, string>>> = {
  'offer.price': 'this offer has no price; give it one',
  'offer.link': 'this offer has no link; give it one',
}

function variableOfPolicy(name: string, { language, known }: Place, tell: Tell): KnownVariable | undefined {
  const { policy } = known
  if (!policy) return undefined
  if (policyValue(policy, name, language) !== null) return { kind: 'text' }
  const names = Object.keys(policy.variables ?? {})
  if (names.includes(name)) tell('KM_TEMPLATE_MISSING', `'${name}' of policy.yaml has no text in '${language}'; add it`)
  else {
    const message = `policy.yaml has no '${name}' among its variables${didYouMeanOneOf(name, names)}`
    tell('KM_TEMPLATE_VARIABLE', message)
  }
  return undefined
}

function factor(id: string, { listing, known }: Place, tell: Tell): KnownVariable | undefined {
  const facts = known.factors.get(id)
  const made = known.made.find((one) => one.id === id)
  if (!facts || !made) return undefined
  const lacking = listing.filter(({ evidence }) => !evidence.includes(id))
  if (known.hasAllRules && lacking.length > 0 && lacking.length === listing.length) {
    const rules = lacking.map((rule) => `'${rule.id}'`).join(', ')
    tell('KM_TEMPLATE_VARIABLE', `no rule that lists this offer has '${id}' in its evidence; add it there: ${rules}`)
    return undefined
  }
  const shadowing = listing.find((rule) => stepsOf(rule).includes(id))
  if (shadowing) {
    const message = `rule '${shadowing.id}' has a step '${id}', whose time its moments tell under this name; rename the step`
    tell('KM_TEMPLATE_VARIABLE', message)
    return undefined
  }
  const kind = kindOfFactor(made)
  // One that no rule lists is never sent: what it would lack isn't known.
  const missing = listing.length === 0 ? undefined : whyMissing(lacking[0], facts)
  return { kind, ...(missing !== undefined && { missing }) }
}

const stepsOf = ({ trigger }: Rule): readonly string[] =>
  trigger.kind === 'pattern' ? trigger.steps.flatMap((step) => (step.kind === 'event' ? [step.name] : [])) : []

function whyMissing(lacking: Rule | undefined, facts: KnownFactor): string | undefined {
  if (lacking) return `rule '${lacking.id}' lists the offer and has it not in its evidence`
  if (!facts.always) return 'the factor may be unknown'
  if (facts.type !== 'string' || facts.values?.every(isFit)) return undefined
  return 'its text may not be fit for a message'
}

/** The nearest name, first of what the rules tell, then of all. Of an offer that no rule lists nothing is known, and nothing said. */
function unknown(name: string, { listing, known }: Place, tell: Tell): undefined {
  if (known.hasAllRules && listing.length === 0) return undefined
  const told = [...new Set(listing.flatMap(({ evidence }) => evidence))]
  const others = [
    ...Object.keys(ownVariables),
    ...Object.keys(known.policy?.variables ?? {}).map((one) => `policy.${one}`),
  ]
  const hint = didYouMean(name, [...told, ...others]) || didYouMean(name, [...known.factors.keys()])
  const all = hint || `; there are the evidence of the rules that list the offer, and ${others.join(', ')}`
  tell('KM_TEMPLATE_VARIABLE', `no variable '${name}'${all}`)
}
