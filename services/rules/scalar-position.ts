import type { Scalar } from 'yaml'

/**
 * Where in the file a character of a scalar's value stands. Folding and indentation change white space only, so the
 * n-th character that isn't white space in the value is the n-th in the file, escapes of quoted scalars counted as one.
 */
export function positionInScalar(node: Scalar, text: string, offset: number): number {
  const [start, end] = node.range ?? [0, 0]
  const value = String(node.value)
  const wanted = countSolid(value.slice(0, offset))
  const atEnd = offset >= value.length
  const [first, last] = contentRange(node, text, start, end)
  let seen = 0
  let behind = first
  for (let at = first; at < last; ) {
    const length = characterLength(node, text, at)
    if (/\S/.test(text.charAt(at))) {
      if (seen === wanted && !atEnd) return at
      seen += 1
      behind = at + length
    }
    at += length
  }
  return behind
}

const countSolid = (text: string): number => text.replaceAll(/\s/g, '').length

function contentRange(node: Scalar, text: string, start: number, end: number): [number, number] {
  switch (node.type) {
    case 'QUOTE_SINGLE':
    case 'QUOTE_DOUBLE':
      return [start + 1, end - 1]
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      // Behind the header: the indicator, its modifiers, perhaps a comment.
      return [text.indexOf('\n', start) + 1, end]
    default:
      return [start, end]
  }
}

function characterLength(node: Scalar, text: string, at: number): number {
  if (node.type === 'QUOTE_SINGLE' && text.startsWith("''", at)) return 2
  if (node.type !== 'QUOTE_DOUBLE' || text.charAt(at) !== '\\') return 1
  return { x: 4, u: 6, U: 10 }[text.charAt(at + 1)] ?? 2
}
