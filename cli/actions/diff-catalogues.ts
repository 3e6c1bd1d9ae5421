import { existsSync } from 'node:fs'
import { type Impact, impactOf } from '../../services/catalogue/impact.ts'
import { askEngine } from '../engine.ts'
import { fetchGivenVersion, type GivenCatalogue, isVersionName, readGivenFolder } from '../given-catalogue.ts'
import { impactLines, impactSummary } from '../impact-lines.ts'

export interface DiffArguments {
  readonly url: string
  readonly json?: boolean
}

/**
 * Prints what the second catalogue changes against the first: folders, or versions of an engine (numbers, or `running`).
 * @returns the exit code: 1 where a folder is wrong
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
  const old = await given(before, url)
  const present = await given(after, url)
  return old && present && impactOf(old, present)
}

/** Undefined, with its problems on stdout, where a folder is wrong. */
const given = (name: string, url: string): Promise<GivenCatalogue | undefined> =>
  isVersionName(name) ? fetchGivenVersion(url, name) : readGivenFolder(name)
