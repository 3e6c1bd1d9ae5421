import { Command } from 'commander'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

export const catalogueVerb = (): Command =>
  new Command('catalogue').description('work with catalogue folders').addCommand(check())

const check = (): Command =>
  new Command('check')
    .description('check every file of a catalogue folder; prints each problem as file:line:column CODE message')
    .argument('<dir>', 'the folder')
    .action(async (dir: string) => {
      const { catalogue, problems } = loadCatalogue(await readCatalogueFolder(dir))
      if (problems) {
        process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
        process.stderr.write(`${problems.length} problems\n`)
        process.exitCode = 1
        return
      }
      const { factors, rules } = catalogue.ruleset
      process.stderr.write(
        `${dir} is valid: ${factors.length} factors, ${rules.length} rules, ${catalogue.offers.length} offers, version ${catalogue.version}\n`,
      )
    })
