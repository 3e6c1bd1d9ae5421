import type { Catalogue } from '../catalogue.ts'
import { filterOf, type Voice } from './filters.ts'
import { type Output, type Piece, readTemplate } from './template.ts'
import { evidentValue, type Kind, kindOfFactor, type Value } from './values.ts'
import { isOwn, ownValue, ownVariables, policyName, policyValue, type Subject } from './variables.ts'

/** What a text is said about, and where the subscriber is. */
export interface Telling extends Subject {
  /** IANA name. */
  readonly zone: string
  /** What stands in the text for the offer's link, if not the link itself. */
  readonly linkAs?: string
}

export type Rendered =
  /** `values`: what was put in, by variable, as it was before it was written. */
  | { readonly text: string; readonly values: Readonly<Record<string, Value>> }
  /** Nothing of it is to be said: this variable has no value, or none that can be written so. Empty: it is no template. */
  | { readonly text?: undefined; readonly lacks: string }

/**
 * Renders the templates of a catalogue. Pure: what it gives depends on its arguments alone. A template that was met is kept; the
 * catalogue bounds their number.
 */
export function createRenderer({ ruleset, policy }: Pick<Catalogue, 'ruleset' | 'policy'>) {
  const kinds = new Map(ruleset.factors.map((factor) => [factor.id, kindOfFactor(factor)]))
  const templates = new Map<string, readonly Piece[] | undefined>()

  return function render(source: string, telling: Telling): Rendered {
    const pieces = templateOf(source)
    if (!pieces) return { lacks: '' }
    const values: Record<string, Value> = {}
    let text = ''
    for (const piece of pieces) {
      if (typeof piece === 'string') text += piece
      else {
        const written = write(piece, telling, values)
        if (written === null) return { lacks: piece.name }
        text += written
      }
    }
    const trimmed = text.trim()
    return trimmed === '' ? { lacks: '' } : { text: trimmed, values }
  }

  /** undefined: it is none, which the check of a catalogue has refused. */
  function templateOf(source: string): readonly Piece[] | undefined {
    if (templates.has(source)) return templates.get(source)
    let isFaulty = false
    const pieces = readTemplate(source, () => {
      isFaulty = true
    })
    templates.set(source, isFaulty ? undefined : pieces)
    return templates.get(source)
  }

  function write(output: Output, telling: Telling, values: Record<string, Value>): string | null {
    const { value, kind } = look(output.name, telling)
    values[output.name] = value
    const written = writeWith(output, value, kind, voiceOf(telling))
    return written !== null && output.name === 'offer.link' ? (telling.linkAs ?? written) : written
  }

  function look(name: string, telling: Telling): { readonly value: Value; readonly kind: Kind } {
    if (isOwn(name)) return { value: ownValue(name, telling), kind: ownVariables[name].kind }
    const ofPolicy = policyName(name)
    if (ofPolicy !== undefined) return { value: policyValue(policy, ofPolicy, telling.language), kind: 'text' }
    const kind = kinds.get(name)
    const given = Object.hasOwn(telling.evidence, name) ? telling.evidence[name] : null
    return kind === undefined ? { value: null, kind: 'text' } : { value: evidentValue(given, kind), kind }
  }

  function voiceOf({ language, zone }: Telling): Voice {
    return { language, zone, currency: policy.currency }
  }
}

/** A value through the filters of an output; null: it is missing, or cannot be written so. A number is never said bare. */
function writeWith({ calls }: Output, given: Value, kind: Kind, voice: Voice): string | null {
  let value = given
  for (const { name, values } of calls) {
    if (name === 'default') value ??= values[0] ?? null
    else if (value !== null) {
      const filter = filterOf(name)
      value = filter && typeof value === 'number' ? filter.write(value, values, voice, kind) : null
    }
  }
  return typeof value === 'string' ? value : null
}
