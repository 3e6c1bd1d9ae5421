import { IdPool, MarkList } from './mark-list.ts'
import type { PatternLayout } from './pattern-layout.ts'
import { isFiring } from './pattern-state.ts'
import { readBook } from './pattern-words.ts'

/** When patterns have fired, of what a book of this layout stored; of the rules that are wanted. */
export function firingsOf(
  layout: PatternLayout,
  words: Int32Array,
  isWanted: (rule: string) => boolean,
): readonly { readonly rule: string; readonly at: number }[] {
  const found = new Map<string, MarkList>()
  readBook(layout, words, 0, words.length, new IdPool(), {
    useRole: () => undefined,
    usePattern(number) {
      const rule = layout.patterns[number]?.rule
      if (rule === undefined || !isWanted(rule)) return undefined
      const fired = new MarkList()
      found.set(rule, fired)
      return { fired }
    },
  })
  return [...found].flatMap(([rule, { count, times, tags }]) =>
    Array.from(times.subarray(0, count)).flatMap((at, i) => (isFiring(tags[i] as number) ? [{ rule, at }] : [])),
  )
}
