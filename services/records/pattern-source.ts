/** One character: literal, escaped, or a class of literals and ranges; behind it {n} or {n,m}. */
const element = /\[([^\]^\\]+)\]|\\([+*.?()[\]{}|^$/-])|([A-Za-z0-9#@_:;,<>=!%&~ -])/y
const quantifier = /\{(\d+)(?:,(\d+))?\}/y

/**
 * Source which checks the bytes b[p..q) against a pattern without making a string, for patterns that are an anchored row
 * of ASCII characters and classes with counts, of which only the last may vary. Undefined for any other pattern.
 *
 * @param fault the statement to run where it doesn't match
 */
export function patternSource(pattern: string, fault: string): string | undefined {
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return undefined
  const text = pattern.slice(1, -1)
  const parts: { readonly test: string; readonly min: number; readonly max: number }[] = []
  for (let at = 0; at < text.length; ) {
    element.lastIndex = at
    const found = element.exec(text)
    if (!found || parts.at(-1)?.min !== parts.at(-1)?.max) return undefined
    at = element.lastIndex
    quantifier.lastIndex = at
    const count = quantifier.exec(text)
    if (count) at = quantifier.lastIndex
    const test = found[1] === undefined ? equals(found[2] ?? found[3] ?? '') : classTest(found[1])
    if (test === undefined) return undefined
    const min = Number(count?.[1] ?? 1)
    parts.push({ test, min, max: Number(count?.[2] ?? min) })
  }
  const min = parts.reduce((sum, part) => sum + part.min, 0)
  const max = parts.reduce((sum, part) => sum + part.max, 0)
  const loops = parts.map((part, i) => {
    const until = i === parts.length - 1 ? 'q' : `i + ${part.min}`
    return `for (c = ${until}; i < c; i++) { x = b[i]; if (!(${part.test})) { ${fault}\nbreak } }\n`
  })
  return `if (n < ${min} || n > ${max}) { ${fault} } else {\ni = p\n${loops.join('')}}\n`
}

const equals = (character: string): string => `x === ${character.charCodeAt(0)}`

/** Tests for the inside of [...]: ranges a-z and single characters, `-` only at either end. */
function classTest(inside: string): string | undefined {
  const tests: string[] = []
  for (let at = 0; at < inside.length; at++) {
    const low = inside.charCodeAt(at)
    if (low > 127) return undefined
    if (inside[at + 1] === '-' && at + 2 < inside.length) {
      const high = inside.charCodeAt(at + 2)
      if (high > 127) return undefined
      tests.push(`(x >= ${low} && x <= ${high})`)
      at += 2
    } else tests.push(`x === ${low}`)
  }
  return tests.join(' || ')
}
