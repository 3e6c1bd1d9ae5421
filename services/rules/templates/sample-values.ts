import { dayMs } from '../../domain/time-zones.ts'
import type { Output } from './template.ts'
import type { Kind, Value } from './values.ts'

/** How many values each variable is tried with. */
export const samples = 5

const days = [
  Date.UTC(2026, 4, 1),
  Date.UTC(2026, 4, 8),
  Date.UTC(2026, 2, 3),
  Date.UTC(2026, 8, 16),
  Date.UTC(2026, 8, 30),
]

/** By the filter that writes them: from what takes little room to what takes as much as is usual. */
const byFilter: Readonly<Record<string, readonly number[]>> = {
  money: [0, 500, 850, 123_456, -123_456],
  number: [0, 3, 40.5, 1234.5, 12_345.67],
  percent: [0, 0.05, 0.5, 0.805, 1],
  data: [0, 512, 900, 2048, 123_456.7],
  plural: [0, 1, 2, 30, 1234],
}
const names = ['A', 'Gold', 'Unlimited', 'Family plan 5G', 'Unlimited family plan 5G']

/**
 * The i-th value with which it is tried how long a text may be, 0 taking the least room and `samples` - 1 the most. Where
 * something is said in place of what is missing, the first is missing. `texts`: those that a text can be, where they are listed.
 */
export function sampleOf({ calls }: Output, kind: Kind, i: number, texts: readonly string[] = names): Value {
  if (i === 0 && calls.some(({ name }) => name === 'default')) return null
  switch (kind) {
    case 'text': {
      const sorted = texts.toSorted((a, b) => a.length - b.length)
      return sorted[Math.round((i * (sorted.length - 1)) / (samples - 1))] ?? null
    }
    case 'date':
    case 'time': {
      const at = days[i] ?? 0
      return kind === 'date' ? at / dayMs : at
    }
    default: {
      const filter = calls.find(({ name }) => Object.hasOwn(byFilter, name))
      const value = byFilter[filter?.name ?? 'number']?.[i] ?? 0
      return kind === 'int' ? Math.round(value) : value
    }
  }
}
