import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Nothing in it depends on the time of day: the tests run at any. */
export const smallCatalogue = {
  'policy.yaml': 'default_time_zone: Europe/Berlin\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
  'factors/calls.yaml': `\
id: calls_24h
title: { en: Calls in the last 24 hours }
from: cdr
aggregate: count
window: { rolling: 24h }
`,
  'rules/calls.yaml': `\
id: long-call
moment: change
title: { en: A long call }
on: cdr
when: event.duration_s >= 600
expires: 7d
purpose: service
evidence: [calls_24h]
offers: [thanks]
`,
  'rules/money.yaml': `\
id: topped-up
moment: change
title: { en: A top-up }
on: recharge
when: event.amount >= 5000
expires: 7d
purpose: marketing
offers: [more]
`,
  'offers/offers.yaml': `\
- id: thanks
  title: { en: Thanks }
  message: { en: "Thank you for calling." }
- id: more
  title: { en: More }
  message: { en: "Get more for your money. Reply STOP to opt out." }
`,
} as const satisfies Readonly<Record<string, string>>

/** Writes files into a new folder. @returns the folder */
export async function catalogueFolder(files: Readonly<Record<string, string>> = smallCatalogue): Promise<string> {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) await save(folder, name, text)
  return folder
}

/** Saves one file of a catalogue. */
export async function save(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
