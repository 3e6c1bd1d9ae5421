import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import type { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { readExamples } from '../../services/timelines/examples.ts'

/** Prints the problems of a catalogue folder, and of the shape of its examples, to stdout. @returns the exit code: 1 where there are any */
export async function checkCatalogue(dir: string): Promise<0 | 1> {
  const files = await readCatalogueFolder(dir)
  const { catalogue, problems = [] } = loadCatalogue(files)
  const faults: CodedError[] = [...problems]
  const examples = catalogue ? readExamples(files, catalogue, faults) : []
  if (!catalogue || faults.length > 0) {
    process.stdout.write(faults.map((problem) => `${String(problem)}\n`).join(''))
    process.stderr.write(`${faults.length} problems\n`)
    return 1
  }
  const { factors, rules } = catalogue.ruleset
  process.stderr.write(
    `${dir} is valid: ${factors.length} factors, ${rules.length} rules, ${catalogue.offers.length} offers, ${examples.length} examples, version ${catalogue.version}\n`,
  )
  return 0
}
