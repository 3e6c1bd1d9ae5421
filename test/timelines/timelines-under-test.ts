import type { CodedError } from '../../services/domain/errors.ts'
import { readTimelines } from '../../services/timelines/read-timelines.ts'
import { createTimelineRunner } from '../../services/timelines/run-timeline.ts'
import type { Timeline } from '../../services/timelines/timeline.ts'

export const run = await createTimelineRunner()

/** Calls within an hour, a low balance without a top-up, tickets and birthdays. */
export const catalogue = `
factors:
  - { id: calls_1h, title: { en: Calls }, from: cdr, aggregate: count, window: { rolling: 1h } }
  - { id: balance, title: { en: Balance }, from: cdr, value: balance_after, aggregate: last }
rules:
  - { id: three-calls, moment: change, title: { en: A }, on: cdr, when: calls_1h >= 3, purpose: care, offers: [thanks], evidence: [calls_1h, balance], once: 6h }
  - { id: low-balance, moment: change, title: { en: A }, pattern: [{ low: { on: cdr, where: balance_after < 500 } }, { not: { on: recharge, for: 48h } }], purpose: care, offers: [thanks] }
  - { id: ticket, moment: do-not-disturb, title: { en: A }, open: { on: complaint, where: 'status == "opened"' }, close: { on: complaint, where: 'status == "resolved"' }, key: ticket_id, longest: 30d, code: open-issue, purposes: [marketing] }
  - { id: trial, moment: change, title: { en: A }, on: recharge, when: event.amount == 7, purpose: care, mode: shadow }
  - { id: birthday, moment: special, title: { en: A }, date: { field: birth_date, at: "09:00" }, purpose: care, offers: [thanks] }
`

export interface Reading {
  readonly timelines: readonly Timeline[]
  /** `line:column CODE message`, in the file of the text. */
  readonly problems: readonly string[]
}

/** Reads a file of timelines. */
export function read(text: string): Reading {
  const problems: CodedError[] = []
  const timelines = readTimelines({ path: 'a.yaml', text }, undefined, problems)
  return { timelines, problems: problems.map((problem) => String(problem).replace(/^a\.yaml:/, '')) }
}

/** One timeline on the catalogue above; `keys` are further keys of it. */
export function timelineOf(lines: string, keys = ''): Timeline {
  const { timelines, problems } = read(`title: it\n${keys}\n${block(lines)}${catalogue}`)
  const [timeline] = timelines
  if (!timeline || problems.length > 0) throw new Error(problems.join('\n'))
  return timeline
}

/** What went wrong, as the person reads it, without where. */
export function failures(lines: string, keys = ''): readonly string[] {
  return run(timelineOf(lines, keys)).failures.map(({ code, message }) => `${code}  ${message.replace("'it': ", '')}`)
}

const block = (lines: string): string =>
  `timeline: |\n${lines
    .trim()
    .split('\n')
    .map((line) => `  ${line.trim()}\n`)
    .join('')}`
