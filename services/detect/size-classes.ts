/** Words of each size class: fine for small records, coarser for large ones; about 6 % is lost on average. */
export const classWords: number[] = []
for (const [to, step] of [
  [64, 4],
  [128, 8],
  [1024, 32],
  [8192, 256],
  [131_072, 8192],
] as const) {
  for (let words = classWords.at(-1) ?? 4; words < to; ) {
    words += step
    classWords.push(words)
  }
}
/** The largest block. */
export const maxWords = classWords.at(-1) as number

/** The smallest class that holds so many words. */
export function classOf(words: number): number {
  if (words <= 64) return words <= 8 ? 0 : (words - 5) >> 2
  if (words <= 128) return 15 + ((words - 65) >> 3)
  if (words <= 1024) return 23 + ((words - 129) >> 5)
  if (words <= 8192) return 51 + ((words - 1025) >> 8)
  return 79 + ((words - 8193) >> 13)
}
