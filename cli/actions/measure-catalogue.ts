import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { itemsOf } from '../../services/catalogue/items.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import type { QuantilesAnswer } from '../../services/quantiles/service.ts'
import { type Measured, withMeasured } from '../../services/quantiles/write-measured.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { Quantiles } from '../../services/rules/ruleset.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { askEngine } from '../engine.ts'

export interface MeasureArguments {
  /** Into the folder's files. */
  readonly write?: boolean
  readonly url: string
}

/**
 * Measures the quantiles of a catalogue folder by a running engine, and tells what they are and were, a line for each cut.
 * Nothing is written unless all of it can be. @returns the exit code: 1 where the folder is wrong, which is told
 * @throws CodedError KM_QUANTILES_NONE, KM_QUANTILES_TIED, KM_QUANTILES_FILE, and as `askEngine`
 */
export async function measureCatalogue(dir: string, { write = false, url }: MeasureArguments): Promise<0 | 1> {
  let files = await readCatalogueFolder(dir)
  const { catalogue, problems = [] } = loadCatalogue(files)
  if (!catalogue) {
    process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
    process.stderr.write(`${dir} has ${problems.length} problems\n`)
    return 1
  }
  const ranked = catalogue.ruleset.factors.flatMap(({ id, quantiles }) => (quantiles ? [{ id, quantiles }] : []))
  if (ranked.length === 0) throw new CodedError('KM_QUANTILES_NONE', `no factor of ${dir} goes by quantiles`)
  const written = new Set<string>()
  for (const { id, quantiles } of ranked) {
    const measured = await measuredBy(url, id, quantiles)
    for (const line of linesOf(id, quantiles, measured)) process.stdout.write(`${line}\n`)
    const changed = changedFile(dir, files, id, measured)
    files = [...files.filter(({ path }) => path !== changed.path), changed]
    written.add(changed.path)
  }
  const { problems: faults } = loadCatalogue(files)
  const [fault] = faults ?? []
  if (fault) throw new CodedError('KM_QUANTILES_FILE', `with what was measured the folder would be wrong: ${fault}`)
  if (!write) return 0
  for (const { path, text } of files.filter((file) => written.has(file.path))) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    process.stderr.write(`${path} written\n`)
  }
  return 0
}

async function measuredBy(url: string, id: string, { of, cuts }: Quantiles): Promise<Measured> {
  const path = `/v1/factors/${encodeURIComponent(of)}/quantiles?cuts=${cuts.join(',')}`
  const { at, subscribers, thresholds } = await askEngine<QuantilesAnswer>(url, path)
  const tied = thresholds.indexOf(null)
  if (tied >= 0) {
    const message = `of ${subscribers} subscribers more than ${percent(1 - (cuts[tied] as number))} share the greatest value of ${of}`
    throw new CodedError('KM_QUANTILES_TIED', `${id}: ${message}; no threshold is at ${cuts[tied]}`)
  }
  return { at, subscribers, thresholds: thresholds.map(Number) }
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`

function linesOf(id: string, { of, cuts, thresholds, measured }: Quantiles, now: Measured): readonly string[] {
  const before = measured ? `measured on ${measured.at} over ${measured.subscribers}` : 'declared'
  return [
    `${id}  ${of} on ${now.at} over ${now.subscribers} subscribers`,
    ...cuts.map((cut, i) => `  ${cut}  from ${now.thresholds[i]} on (${thresholds[i]} was ${before})`),
  ]
}

/** The file of the folder that holds the factor; of one that it takes over from below, a file of its own with it. */
function changedFile(dir: string, files: readonly SourceFile[], id: string, measured: Measured): SourceFile {
  for (const { path, text, layer = 0 } of files) {
    if (layer > 0) continue
    const changed = withMeasured(typeof text === 'string' ? text : new TextDecoder().decode(text), id, measured)
    if (changed !== undefined) return { path, text: changed }
  }
  const path = join(dir, 'factors', `${id}.yaml`)
  if (files.some((file) => file.path === path)) {
    throw new CodedError(
      'KM_QUANTILES_FILE',
      `${path} is there already and doesn't hold '${id}', which was to be written`,
    )
  }
  const item = itemsOf(files).get('factors')?.get(id) as { readonly quantiles: object }
  return { path, text: stringify({ ...item, quantiles: { ...item.quantiles, measured } }, { lineWidth: 0 }) }
}
