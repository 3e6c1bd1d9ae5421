import { Command } from 'commander'
import type { TestArguments } from '../actions/test-catalogue.ts'

export const catalogueVerb = (): Command =>
  new Command('catalogue').description('work with catalogue folders').addCommand(check()).addCommand(test())

const check = (): Command =>
  new Command('check')
    .description('check every file of a catalogue folder; prints each problem as file:line:column CODE message')
    .argument('<dir>', 'the folder')
    .action(async (dir: string) => {
      const { checkCatalogue } = await import('../actions/check-catalogue.ts')
      process.exitCode = await checkCatalogue(dir)
    })

const test = (): Command =>
  new Command('test')
    .description(
      "run a catalogue's worked examples (examples/*.yaml); prints each failure as file:line:column CODE message",
    )
    .argument('<dir>', 'the folder')
    .option('--rule <id>', 'only the examples of this rule')
    .option('--allow-missing', 'rules may lack an example which fires, or one which nearly does')
    .option('--json', 'everything as one JSON object')
    .action(async (dir: string, options: TestArguments) => {
      const { testCatalogue } = await import('../actions/test-catalogue.ts')
      process.exitCode = await testCatalogue(dir, options)
    })
