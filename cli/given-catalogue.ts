import { existsSync } from 'node:fs'
import { type CatalogueFile, portableFiles } from '../services/catalogue/files.ts'
import { CatalogueInvalid } from '../services/catalogue/history.ts'
import { readCatalogueFolder } from '../services/catalogue-folder/read.ts'
import type { Catalogue } from '../services/rules/catalogue.ts'
import { loadCatalogue } from '../services/rules/load.ts'
import type { SourceFile } from '../services/rules/source.ts'
import { askEngine } from './engine.ts'

/** A catalogue by the name under which it was given. */
export interface GivenCatalogue {
  readonly name: string
  readonly files: readonly SourceFile[]
  readonly catalogue: Catalogue
}

/** The name of an engine's version: its number, or `running`, what it applies now; but a folder of that name is a folder. */
export const isVersionName = (name: string): boolean => /^(running|[1-9]\d{0,8})$/.test(name) && !existsSync(name)

/** Reads a folder. Undefined, with all that is wrong on stdout, where it can't be used. */
export async function readGivenFolder(dir: string): Promise<GivenCatalogue | undefined> {
  const { files, located } = portableFiles(dir, await readCatalogueFolder(dir))
  const { catalogue, problems } = located(loadCatalogue(files))
  if (catalogue) return { name: dir, files, catalogue }
  process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
  process.stderr.write(`${dir} has ${problems.length} problems\n`)
  return undefined
}

/** Fetches a version from an engine. @throws CatalogueInvalid: the engine is of another release; and as `askEngine` */
export async function fetchGivenVersion(url: string, version: string): Promise<GivenCatalogue> {
  const number = version === 'running' ? (await askEngine<{ number: number }>(url, '/v1/catalogue')).number : version
  const { files } = await askEngine<{ files: readonly CatalogueFile[] }>(url, `/v1/catalogue/versions/${number}`)
  const { catalogue, problems } = loadCatalogue(files)
  if (!catalogue) throw new CatalogueInvalid(`version ${number}`, problems)
  return { name: `version ${number}`, files, catalogue }
}
