/** So many words, or fewer, are told apart by code of their own; more are looked up. */
const inlineMost = 32

/**
 * Source that puts the number of the string whose UTF-8 bytes are b[p..p + n) into `target`, or -1 where it is none of
 * the words; undefined: there are too many of them. Comparing bytes where they lie costs less than a hash of them.
 */
export function wordSource(words: ReadonlyMap<string, number>, target: string): string | undefined {
  if (words.size > inlineMost) return undefined
  const byLength = new Map<number, string[]>()
  for (const [word, number] of words) {
    const bytes = [...Buffer.from(word)]
    const same = bytes.map((byte, i) => `b[p + ${i}] === ${byte}`).join(' && ') || 'true'
    const own = byLength.get(bytes.length) ?? []
    byLength.set(bytes.length, own)
    own.push(`if (${same}) ${target} = ${number}`)
  }
  const cases = [...byLength].map(([length, tests]) => `case ${length}: ${tests.join('\nelse ')}\nbreak\n`)
  return `${target} = -1\nswitch (n) {\n${cases.join('')}}\n`
}
