import { Command } from 'commander'

export const catalogueVerb = (): Command =>
  new Command('catalogue').description('work with catalogue folders').addCommand(check())

const check = (): Command =>
  new Command('check')
    .description('check every file of a catalogue folder; prints each problem as file:line:column CODE message')
    .argument('<dir>', 'the folder')
    .action(async (dir: string) => {
      const { checkCatalogue } = await import('../actions/check-catalogue.ts')
      process.exitCode = await checkCatalogue(dir)
    })
