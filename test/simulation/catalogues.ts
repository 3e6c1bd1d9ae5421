import { join } from 'node:path'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

const folder = (name: string) => readCatalogueFolder(join(import.meta.dirname, name))
const files = await folder('catalogue')
const filesOfEverything = await folder('catalogue-channels')

type Change = readonly [text: string, other: string]

/** A simulated catalogue with some of its text replaced: another ruleset over the same subscribers. */
function catalogueWith(of: typeof files, ...changes: readonly Change[]): Catalogue {
  const changed = of.map(({ path, text, ...rest }) => {
    const others = changes.reduce((before, [from, to]) => before.replaceAll(from, to), text.toString())
    return { ...rest, path, text: Buffer.from(others) }
  })
  const { catalogue, problems } = loadCatalogue(changed)
  if (!catalogue) throw new Error(problems.map(({ message }) => message).join('\n'))
  return catalogue
}

export const usual = catalogueWith(files)
/** It fires earlier, and waits for less. */
export const other = catalogueWith(
  files,
  ['calls_24h >= 6', 'calls_24h >= 4'],
  ['talk_s_3d > 2000', 'talk_s_3d > 1500'],
  ['on: recharge, for: 6h', 'on: recharge, for: 4h'],
)

/** Every channel, people, budgets, experiments, windows of competition. */
export const everything = catalogueWith(filesOfEverything)
export const otherOfEverything = catalogueWith(
  filesOfEverything,
  ['calls_24h >= 5', 'calls_24h >= 3'],
  ['talk_s_3d > 1500', 'talk_s_3d > 1000'],
  ['on: recharge, for: 2h', 'on: recharge, for: 1h'],
  ['channels: [push, sms, ivr]', 'channels: [sms, push, ivr]'],
)
