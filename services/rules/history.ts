import { didYouMean } from '../domain/nearest-name.ts'
import type { RawRule } from './raw.ts'
import type { Known } from './rules.ts'
import type { History } from './ruleset.ts'
import { day, type Subject, second } from './subject.ts'

const ways = 'history: { tag: NAME }, { warm_up: 30d }, { known: CONDITION }, or none'

/** How a first rule knows what happened before it; undefined with its faults. */
export function checkHistory(raw: RawRule, subject: Subject, known: Known): History | undefined {
  const { history } = raw
  if (history === undefined) {
    subject.fault(
      'KM_RULE_HISTORY',
      `rule '${subject.node.id ?? raw.id}' must say how a habit older than itself is known: ${ways}`,
    )
    return undefined
  }
  if (history === 'none') return { kind: 'none' }
  if (Object.keys(history).length !== 1) {
    subject.fault('KM_RULE_HISTORY', `history is known in one way: ${ways}`, ['history'])
  }
  if (history.tag !== undefined) {
    // A catalogue which declares no tags at all takes them as they come.
    if (known.tags.size > 0 && !known.tags.has(history.tag)) {
      const message = `no tag '${history.tag}' is declared in tags/*.yaml${didYouMean(history.tag, [...known.tags.keys()])}`
      subject.fault('KM_TAG_UNKNOWN', message, ['history', 'tag'])
      return undefined
    }
    return { kind: 'tag', tag: history.tag }
  }
  if (history.warm_up !== undefined) {
    const length = subject.duration(history.warm_up, ['history', 'warm_up'], { least: second, most: 366 * day })
    return length > 0 ? { kind: 'warm-up', length } : undefined
  }
  const when = subject.condition(history.known ?? '', ['history', 'known'], known.scopes.scope())
  return when && { kind: 'known', when }
}
