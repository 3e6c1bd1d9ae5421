import { type EventType, eventTypes } from '../../topology.ts'
import { type Names, valueToJavaScript } from '../javascript.ts'
import type { Ruleset } from '../ruleset.ts'
import type { LanePlan, TrackPlan } from './lane-plan.ts'

/**
 * Source for after all other tracks have been told of an event of the type: what rules watch of factors (the subscriber's
 * segments) is noted as of the newest event of the types that it is over, and wakes their bundles where it is another.
 */
export function notesSource(
  type: EventType,
  plan: LanePlan,
  wokenBy: (track: number) => readonly number[],
  names: Names,
): string {
  const own = plan.tracks.flatMap((track) => noteOf(track, names) ?? []).filter(({ from }) => from.includes(type))
  const [first] = own
  if (!first) return ''
  const byTypes = new Map<string, typeof own>()
  for (const note of own) byTypes.set(note.from.join(), [...(byTypes.get(note.from.join()) ?? []), note])
  const groups = [...byTypes.values()].map((notes) => {
    const from = notes[0]?.from ?? []
    const heads = from.map((each) => `head = host.headOf(${eventTypes.indexOf(each)}); if (head > t) t = head`)
    // Settled events come in order: the one in hand is the newest of all.
    const asOf = plan.lane === 0 ? heads.join('\n') : 't = host.time'
    const taken = notes.map(({ number, value }) => {
      const woken = wokenBy(number).map((bundle) => `wake(${bundle})`)
      return `v = ${value}; if (v === v && note(${number}, v, t)) { ${woken.join('; ')} }`
    })
    return `t = -1\n${asOf}\ninstant(t)\n${taken.join('\n')}`
  })
  return `{ let t = -1, head = 0, v = 0\n${groups.join('\n')} }`
}

/** Entries of a map, by rules: what their schedule notes as of the instant in hand. */
export function notesOfSchedules({ rules }: Ruleset, plan: LanePlan, names: Names): string {
  const entries = plan.rules.flatMap((place) => {
    const trigger = rules[place]?.trigger
    const change = trigger?.kind === 'schedule' ? trigger.change : undefined
    const factor = change && plan.factors.find(({ factor: { id } }) => id === change.now)
    const note = factor?.track && noteOf(factor.track, names)
    if (!note) return []
    return [`[${place}, () => { const v = ${note.value}; return v === v && note(${note.number}, v, I[1]) }]`]
  })
  return entries.join(',\n')
}

function noteOf({ feed, number }: TrackPlan, names: Names) {
  if (feed.kind !== 'events' || !feed.isNoted) return undefined
  const [value] = [...feed.values.values()]
  return value && { number, from: feed.from, value: valueToJavaScript(value, names).source }
}
