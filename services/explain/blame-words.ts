import type { Blame, Reading } from '../rules/condition-blame.ts'

type Shown = number | boolean | string | null

/** At most six digits behind the point: nobody acts on more. */
export function valueText(value: Shown): string {
  if (value === null) return 'unknown'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value)
  return String(Math.abs(value) >= 1e-6 ? Number(value.toFixed(6)) : value)
}

/** Says why a part of a condition isn't as it would have to be. `why`: why something that it reads is unknown. */
export function blameWords(blame: Blame, why: (reading: Reading) => string | undefined): string {
  const { text, value, wanted, needs, reads } = blame
  const unknown = reads.filter((reading) => reading.value === null)
  if (value === null && unknown.length > 0) {
    const said = unknown.map((reading) => {
      const because = why(reading)
      return `${reading.text} is unknown${because === undefined ? '' : ` (${because})`}`
    })
    return reads.length === 1 ? said.join(', ') : `${said.join(', ')}, in ${text}`
  }
  const [only] = reads
  if (needs !== undefined && only && reads.length === 1)
    return `${only.text} is ${valueText(only.value)}, needs ${needs}`
  if (only?.text === text) return `${text} is ${valueText(value)}, needs ${wanted}`
  const values = reads.map((reading) => `${reading.text} is ${valueText(reading.value)}`).join(', ')
  return `${text} is ${valueText(value)}${wanted ? '' : ', must not be'}${values === '' ? '' : `: ${values}`}`
}
