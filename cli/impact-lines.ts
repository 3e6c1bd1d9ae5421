import type { Change, Impact } from '../services/catalogue/impact.ts'

const signs = { added: '+', removed: '-', changed: '~' } as const

const carried = {
  keep: 'state is kept',
  migrate: 'state is converted as far as it goes',
  reset: 'state begins anew',
} as const

/** What a catalogue changes, for people: one line a change, and under it its fields. */
export function impactLines({ changes }: Impact): string[] {
  if (changes.length === 0) return ['nothing changes']
  return changes.flatMap(({ kind, id, change, fields, through, carry, refusal }) => [
    [
      `${signs[change]} ${id === kind ? kind : `${kind} ${id}`}`,
      ...(through.length > 0 ? [`through ${through.join(', ')}`] : []),
      ...(carry === null ? [] : [carried[carry]]),
    ].join('  '),
    ...fields.map(({ field, before, after }) => `    ${field}: ${valueText(before)} → ${valueText(after)}`),
    ...(refusal ? [`    publish refuses this: ${refusal.code}  ${refusal.message}`] : []),
  ])
}

/** `2 added, 1 removed, 3 changed`. */
export function impactSummary({ changes }: Impact): string {
  const count = (kind: Change['change']) => changes.filter(({ change }) => change === kind).length
  return `${count('added')} added, ${count('removed')} removed, ${count('changed')} changed`
}

const valueText = (value: unknown): string => (value === undefined ? '(nothing)' : JSON.stringify(value))
