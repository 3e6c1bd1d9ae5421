import { parse } from 'yaml'
import { readTime, type TimeText } from './time-text.ts'

/** A piece of a line; `offset` is where it stands in the timeline's text. */
export type Word = { readonly offset: number } & (
  | { readonly kind: 'name'; readonly text: string }
  /** `anna:` */
  | { readonly kind: 'subscriber'; readonly text: string }
  /** `field=value`; `plain` is the value as it stands, without quotes. */
  | {
      readonly kind: 'pair'
      readonly name: string
      readonly value: unknown
      readonly plain: string
      readonly valueOffset: number
    }
  /** `at 10:00`, `until day 4 10:00` */
  | { readonly kind: 'time'; readonly name: 'at' | 'until'; readonly time: TimeText }
  | { readonly kind: 'comma' }
  | { readonly kind: 'arrow' }
)

/** A fault in a line: what, and where in the timeline's text. */
export interface WordFault {
  readonly message: string
  readonly offset: number
}

/** The words of a line from `from` on, up to its end or a comment; the first fault ends it. */
export function readWords(line: string, from: number, base: number): { words: Word[]; fault?: WordFault } {
  const words: Word[] = []
  let at = from
  const fault = (message: string, where = at) => ({ words, fault: { message, offset: base + where } })
  for (;;) {
    while (/\s/.test(line.charAt(at))) at++
    const offset = base + at
    if (at >= line.length || line.charAt(at) === '#') return { words }
    if (line.startsWith('=>', at)) {
      words.push({ kind: 'arrow', offset })
      at += 2
      continue
    }
    if (line.charAt(at) === ',') {
      words.push({ kind: 'comma', offset })
      at++
      continue
    }
    const [text = ''] = /^[^\s,=]*/.exec(line.slice(at)) ?? []
    if (line.charAt(at + text.length) === '=' && text !== '') {
      const start = at + text.length + 1
      const end = endOfValue(line, start)
      if (end === undefined) return fault(`the value of '${text}' does not end`, start)
      const read = yamlValue(line.slice(start, end))
      if (!read)
        return fault(`the value of '${text}' is not readable: write lists and maps like [a, b] and {a: 1}`, start)
      words.push({ kind: 'pair', name: text, ...read, offset, valueOffset: base + start })
      at = end
    } else if (text === 'at' || text === 'until') {
      const start = at + text.length + blanksAt(line, at + text.length)
      const found = readTime(line, start)
      if (!found) return fault(`behind '${text}' comes a time`, start)
      words.push({ kind: 'time', name: text, time: found.time, offset })
      at = found.end
    } else if (text === '') return fault(`'${line.charAt(at)}' has no place here`)
    else {
      const isSubscriber = text.endsWith(':') && text.length > 1
      words.push({ kind: isSubscriber ? 'subscriber' : 'name', text: isSubscriber ? text.slice(0, -1) : text, offset })
      at += text.length
    }
  }
}

const blanksAt = (line: string, at: number): number => /\S|$/.exec(line.slice(at))?.index ?? 0

const closing: Readonly<Record<string, string>> = { '{': '}', '[': ']' }

/** Behind the value that begins at `start`: quoted, in brackets, or up to a space or comma; undefined: it doesn't end. */
function endOfValue(line: string, start: number): number | undefined {
  const open: string[] = []
  for (let at = start; at < line.length; at++) {
    const character = line.charAt(at)
    if (character === '"' || character === "'") {
      at = endOfQuoted(line, at)
      if (at < 0) return undefined
    } else if (closing[character]) open.push(closing[character])
    else if (character === open.at(-1)) open.pop()
    else if (open.length === 0 && /[\s,]/.test(character)) return at
  }
  return open.length === 0 ? line.length : undefined
}

/** Of the closing quote; -1: there is none. */
function endOfQuoted(line: string, start: number): number {
  const quote = line.charAt(start)
  for (let at = start + 1; at < line.length; at++) {
    if (quote === '"' && line.charAt(at) === '\\') at++
    else if (line.charAt(at) === quote) return at
  }
  return -1
}

function yamlValue(text: string): { value: unknown; plain: string } | undefined {
  try {
    const value: unknown = parse(text, { stringKeys: true, prettyErrors: false })
    return { value, plain: typeof value === 'string' ? value : text }
  } catch {
    return undefined
  }
}
