import { type Problem, problem } from './problem.ts'

/** The text of a file without a byte order mark; undefined, with a located problem, where it is not UTF-8. */
export function decodeUtf8(
  file: { readonly path: string; readonly text: string | Uint8Array },
  problems: Problem[],
): string | undefined {
  if (typeof file.text === 'string') return file.text.replace(/^\uFEFF/, '')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.text)
  } catch {
    const location = { file: file.path, ...placeOfFault(file.text) }
    problems.push(problem('KM_YAML_ENCODING', 'not UTF-8 from here on; save the file as UTF-8', location))
    return undefined
  }
}

/** A decoder that replaces faults differs from the bytes first at the fault. */
function placeOfFault(bytes: Uint8Array): { line: number; column: number } {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  let offset = 0
  let line = 1
  let column = 1
  for (const character of text) {
    const encoded = Buffer.from(character)
    const same = encoded.every((byte, index) => bytes[offset + index] === byte)
    if (!same) break
    offset += encoded.length
    column += character.length
    if (character === '\n') {
      line += 1
      column = 1
    }
  }
  return { line, column }
}
