import type { TimelineCode } from './problem.ts'
import { readTime, type TimeText, timeForms } from './time-text.ts'
import { readWords, type Word } from './words.ts'

/** A line taken apart: `[time]  [what happens]  [=> what comes of it, …]`. */
export interface LineParts {
  /** Where the line's first word stands in the timeline's text. */
  readonly offset: number
  readonly time: TimeText | undefined
  readonly happens: readonly Word[]
  /** The outcomes that the line names; undefined: it has no `=>`. */
  readonly outcomes: readonly (readonly Word[])[] | undefined
}

export interface LineFault {
  readonly code: TimelineCode
  readonly message: string
  /** In the timeline's text. */
  readonly offset: number
}

/** The lines of a timeline's text, without empty ones and comments. */
export function readLineParts(text: string, faults: LineFault[]): LineParts[] {
  const parts: LineParts[] = []
  let base = 0
  for (const line of text.split('\n')) {
    const start = /\S/.exec(line)?.index ?? line.length
    if (start < line.length && line.charAt(start) !== '#') {
      const read = lineParts(line, start, base)
      if ('code' in read) faults.push(read)
      else parts.push(read)
    }
    base += line.length + 1
  }
  return parts
}

function lineParts(line: string, start: number, base: number): LineParts | LineFault {
  const offset = base + start
  const found = readTime(line, start)
  if (!found && /^([-+\d]|day\b)/.test(line.slice(start))) {
    return { code: 'KM_TIMELINE_TIME', message: `no time is readable here; write it like ${timeForms}`, offset }
  }
  const { words, fault } = readWords(line, found?.end ?? start, base)
  if (fault) return { code: 'KM_TIMELINE_LINE', ...fault }
  const arrow = words.findIndex(({ kind }) => kind === 'arrow')
  const happens = arrow < 0 ? words : words.slice(0, arrow)
  const stray = happens.find(({ kind }) => kind === 'comma')
  if (stray) {
    return {
      code: 'KM_TIMELINE_LINE',
      message: 'a comma has no place here; quote a value that holds one',
      offset: stray.offset,
    }
  }
  return { offset, time: found?.time, happens, outcomes: arrow < 0 ? undefined : outcomesIn(words.slice(arrow + 1)) }
}

/** Parted at commas, or at further arrows. */
function outcomesIn(words: readonly Word[]): readonly (readonly Word[])[] {
  const outcomes: Word[][] = [[]]
  for (const word of words) {
    if (word.kind === 'comma' || word.kind === 'arrow') outcomes.push([])
    else outcomes.at(-1)?.push(word)
  }
  return outcomes
}
