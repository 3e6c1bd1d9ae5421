import { type EventType, eventTypes } from '../../topology.ts'
import type { Bundle } from './bundles.ts'
import type { RuleHost } from './rule-host.ts'
import { standingMask } from './rule-states.ts'

/** Edges that stand in one word, and the bundle that they are of. */
interface Watched {
  readonly bundle: number
  /** The bits that are set where an edge stands above its line, or has fired and waits. */
  readonly mask: number
}

interface WatchedWord {
  readonly word: number
  /** Of all of them. */
  readonly mask: number
  readonly watched: readonly Watched[]
}

/**
 * Before an event is taken: finds the edges of the record in hand that stand above their lines and may have fallen since, as
 * a window has slid on. Somebody who stands above none costs a look at a word for sixteen edges.
 */
export class FallWatch {
  private readonly bundles: readonly Bundle[]
  private readonly host: RuleHost
  /** By the order of types; made when the first event of the type comes, as edges have their places by then. */
  private readonly byType: (readonly WatchedWord[] | undefined)[] = []
  /** By bundle, the number of the look at which it was found last. */
  private readonly found: Float64Array
  private look = 0

  constructor(bundles: readonly Bundle[], host: RuleHost) {
    this.bundles = bundles
    this.host = host
    this.found = new Float64Array(bundles.length)
  }

  /** Runs the bundles of such edges. `type`: place of the event's type in the order of types. Whether there are any. */
  run(type: number, functions: readonly (() => void)[]): boolean {
    const watch = this.byType[type] ?? this.watchOf(type)
    const { states } = this.host
    if (watch.length === 0 || states.at < 0) return false
    const look = ++this.look
    let isAny = false
    for (let i = 0; i < watch.length; i++) {
      const { word, mask, watched } = watch[i] as WatchedWord
      const standing = (states.words[states.at + word] as number) & mask
      if (standing === 0) continue
      for (let k = 0; k < watched.length; k++) {
        const { bundle, mask: own } = watched[k] as Watched
        if ((standing & own) === 0 || this.found[bundle] === look) continue
        this.found[bundle] = look
        isAny = true
        ;(functions[bundle] as () => void)()
      }
    }
    return isAny
  }

  private watchOf(type: number): readonly WatchedWord[] {
    const masks = new Map<number, Map<number, number>>()
    this.bundles.forEach(({ fallsByTime, rules, always, tracks }, bundle) => {
      const name = eventTypes[type] as EventType
      if (!fallsByTime || !(always.includes(name) || (tracks.get(name)?.length ?? 0) > 0)) return
      for (const rule of rules) {
        const place = this.host.edgePlaceOf(rule)
        const own = masks.get(place.word) ?? new Map<number, number>()
        masks.set(place.word, own.set(bundle, (own.get(bundle) ?? 0) | standingMask(place)))
      }
    })
    const words = [...masks].map(([word, own]) => ({
      word,
      mask: [...own.values()].reduce((all, mask) => all | mask, 0),
      watched: [...own].map(([bundle, mask]) => ({ bundle, mask })),
    }))
    this.byType[type] = words
    return words
  }
}
