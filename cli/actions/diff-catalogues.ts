import { existsSync } from 'node:fs'
import { portableFiles } from '../../services/catalogue/files.ts'
import { type Content, type Impact, impactOf } from '../../services/catalogue/impact.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { askEngine } from '../engine.ts'
import { impactLines, impactSummary } from '../impact-lines.ts'

export interface DiffArguments {
  readonly url: string
  readonly json?: boolean
}

/**
 * Prints what the second catalogue changes against the first: two folders, or two numbers of versions of an engine.
 * @returns the exit code: 1 where a folder is wrong
 * @throws CodedError KM_USAGE: one of each
 */
export async function diffCatalogues(before: string, after: string, { url, json }: DiffArguments): Promise<0 | 1> {
  const impact = await compare(before, after, url)
  if (!impact) return 1
  process.stdout.write(json ? `${JSON.stringify(impact)}\n` : `${impactLines(impact).join('\n')}\n`)
  process.stderr.write(`${impactSummary(impact)}\n`)
  return 0
}

async function compare(before: string, after: string, url: string): Promise<Impact | undefined> {
  const numbers = [before, after].filter((name) => /^\d+$/.test(name) && !existsSync(name))
  if (numbers.length === 2) return askEngine<Impact>(url, `/v1/catalogue/versions/${before}/diff/${after}`)
  if (numbers.length === 1) {
    throw new CodedError(
      'KM_USAGE',
      'a folder and a version cannot be compared: name two folders or two versions; publish shows what a folder changes before it asks',
    )
  }
  const old = await contentOf(before)
  const present = await contentOf(after)
  return old && present && impactOf(old, present)
}

/** Undefined, with its problems on stdout, where a folder is wrong. */
async function contentOf(dir: string): Promise<Content | undefined> {
  const { files, located } = portableFiles(dir, await readCatalogueFolder(dir))
  const { catalogue, problems } = located(loadCatalogue(files))
  if (catalogue) return { files, catalogue }
  process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
  process.stderr.write(`${dir} has ${problems.length} problems\n`)
  return undefined
}
