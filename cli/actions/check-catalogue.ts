import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

/** Prints the problems of a catalogue folder to stdout. @returns the exit code: 1 where there are any */
export async function checkCatalogue(dir: string): Promise<0 | 1> {
  const { catalogue, problems } = loadCatalogue(await readCatalogueFolder(dir))
  if (problems) {
    process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
    process.stderr.write(`${problems.length} problems\n`)
    return 1
  }
  const { factors, rules } = catalogue.ruleset
  process.stderr.write(
    `${dir} is valid: ${factors.length} factors, ${rules.length} rules, ${catalogue.offers.length} offers, version ${catalogue.version}\n`,
  )
  return 0
}
