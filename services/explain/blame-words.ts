import type { Blame, Reading } from '../rules/condition-blame.ts'
import type { Sentences } from './sentences.ts'

type Shown = number | boolean | string | null

/** At most six digits behind the point: nobody acts on more. */
export function valueText(value: Shown, say: Sentences): string {
  if (value === null) return say.unknown
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value)
  return String(Math.abs(value) >= 1e-6 ? Number(value.toFixed(6)) : value)
}

/** Says why a part of a condition isn't as it would have to be. `why`: why something that it reads is unknown. */
export function blameWords(blame: Blame, why: (reading: Reading) => string | undefined, say: Sentences): string {
  const { text, value, wanted, needs, reads } = blame
  const shown = (one: Shown) => valueText(one, say)
  const unknown = reads.filter((reading) => reading.value === null)
  if (value === null && unknown.length > 0) {
    const said = unknown.map((reading) => {
      const because = why(reading)
      return say.isUnknown(reading.text, because === undefined ? '' : say.because(because))
    })
    return reads.length === 1 ? say.list(said) : say.seenIn(say.list(said), text)
  }
  const [only] = reads
  if (needs !== undefined && only && reads.length === 1) return say.isButNeeds(only.text, shown(only.value), needs)
  if (only?.text === text) return say.isButNeeds(text, shown(value), String(wanted))
  const values = reads.map((reading) => say.is(reading.text, shown(reading.value)))
  const itself = wanted ? say.is(text, shown(value)) : say.isNot(text, shown(value))
  return values.length === 0 ? itself : say.withValues(itself, say.list(values))
}
