import { join } from 'node:path'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

const files = await readCatalogueFolder(join(import.meta.dirname, 'catalogue'))

/** The simulated catalogue with some of its text replaced: another ruleset over the same subscribers. */
function catalogueWith(...changes: readonly (readonly [text: string, other: string])[]): Catalogue {
  const changed = files.map(({ path, text, ...rest }) => {
    const others = changes.reduce((before, [from, to]) => before.replaceAll(from, to), text.toString())
    return { ...rest, path, text: Buffer.from(others) }
  })
  const { catalogue, problems } = loadCatalogue(changed)
  if (!catalogue) throw new Error(problems.map(({ message }) => message).join('\n'))
  return catalogue
}

export const usual = catalogueWith()
/** It fires earlier, and waits for less. */
export const other = catalogueWith(
  ['calls_24h >= 6', 'calls_24h >= 4'],
  ['talk_s_3d > 2000', 'talk_s_3d > 1500'],
  ['on: recharge, for: 6h', 'on: recharge, for: 4h'],
)
