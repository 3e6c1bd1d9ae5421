import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { km1Files } from '../km1-rules.ts'

/** Of all types. Milliseconds. */
export const graceMs = 10_000
/** How long rule `wait` waits. Milliseconds. */
export const waitMs = 4_000

/** Rules that no version touches, beside KM-1's: one that says of every recharge how long it took, one that waits. */
const untouched = `
- id: probe
  moment: change
  title: { en: Every recharge }
  purpose: marketing
  on: recharge
  when: 'event.amount >= 1'

- id: wait
  moment: change
  title: { en: A complaint and no recharge after it }
  purpose: marketing
  pattern:
    - complaint: { on: complaint }
    - not: { on: recharge, for: ${waitMs / 1_000}s }
`

/** Another in each version. */
const moving = (version: number): string => `
- id: moving
  moment: change
  title: { en: A severe complaint }
  purpose: marketing
  on: complaint
  when: 'event.severity >= ${2 + (version % 3)}'
`

/** Comes with its version and goes with the next but one: the layout of the records changes each time. */
const passing = (version: number) => ({
  factor: `
- id: mb_${version}
  title: { en: mb_${version} }
  from: app-usage
  where: 'app_category == "video" && bytes_down >= ${1_000 + version}'
  value: bytes_down / 1048576
  aggregate: sum
  window: { days: 7 }
`,
  rule: `
- id: passing-${version}
  moment: change
  title: { en: passing-${version} }
  purpose: marketing
  on: app-usage
  when: 'mb_${version} >= 300'
  once: 24h
`,
})

/** Of these rules a version may have other moments than the one before. */
export const isTouched = (rule: string): boolean => rule === 'moving' || rule.startsWith('passing-')

/** The files of a version, from 0. */
export function versionFiles(version: number): readonly { readonly path: string; readonly text: string }[] {
  const own = [passing(version), passing(version + 1)]
  return [
    ...km1Files(),
    { path: 'factors/reload.yaml', text: own.map(({ factor }) => factor).join('') },
    { path: 'rules/reload.yaml', text: [untouched, moving(version), ...own.map(({ rule }) => rule)].join('') },
  ]
}

/** The first version as a folder below `root`. @returns the folder */
export function writeFirstVersion(root: string): string {
  const folder = join(root, 'catalogue')
  for (const { path, text } of versionFiles(0)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return folder
}
