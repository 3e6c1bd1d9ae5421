import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** RESULTS.md, whose sections are measured and written one by one. */
export const page = join(import.meta.dirname, 'RESULTS.md')

export interface Section {
  readonly title: string
  readonly text: string
}

/** Puts sections into a page, each in the place of the one with its title, or at the end. What stands above the first stays. */
export function withSections(text: string, sections: readonly Section[]): string {
  const [head = '', ...parts] = text.split(/^(?=## )/m)
  const all = new Map(parts.map((part) => [part.slice(3, part.indexOf('\n')), part.trimEnd()]))
  for (const { title, text } of sections) all.set(title, `## ${title}\n\n${text.trim()}`)
  return `${[head.trimEnd(), ...all.values()].join('\n\n')}\n`
}

/** Writes sections into RESULTS.md. */
export function writeSections(sections: readonly Section[]): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : heading
  writeFileSync(page, withSections(before, sections))
}

const heading = '# Results of `npm run bench`\n\nEach section is written by the command that it names.\n'

/** When, under which command and on how busy a machine something was measured. `loads`: averages of one minute. */
export function circumstances(command: string, loads: readonly number[]): string {
  const least = Math.min(...loads).toFixed(1)
  const most = Math.max(...loads).toFixed(1)
  const at = new Date().toISOString().slice(0, 16).replace('T', ' ')
  return `\`${command}\`, ${at} UTC; load of the machine before the runs: ${least === most ? least : `${least} to ${most}`}.`
}

/** Least, median and most; of one value just that. */
export function spread(values: readonly number[], digits: number): string {
  if (values.length === 0 || values.some((value) => Number.isNaN(value))) return ''
  if (values.length === 1) return number(values[0] ?? 0, digits)
  const sorted = values.toSorted((a, b) => a - b)
  return [sorted[0], median(sorted), sorted.at(-1)].map((value) => number(value ?? 0, digits)).join(' / ')
}

/** Of an even number of values the middle between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

export const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
