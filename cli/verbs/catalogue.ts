import { Command, InvalidArgumentError } from 'commander'
import type { CheckArguments } from '../actions/check-catalogue.ts'
import type { DiffArguments } from '../actions/diff-catalogues.ts'
import type { VersionsArguments } from '../actions/list-versions.ts'
import type { MeasureArguments } from '../actions/measure-catalogue.ts'
import type { PublishArguments } from '../actions/publish-catalogue.ts'
import type { RollbackArguments } from '../actions/rollback-catalogue.ts'
import type { TestArguments } from '../actions/test-catalogue.ts'
import type { SchemaArguments } from '../actions/write-schemas.ts'
import { instant } from '../instant.ts'
import { urlOption } from '../url-option.ts'

export const catalogueVerb = (): Command =>
  new Command('catalogue')
    .description('work with catalogue folders, and with the versions of a running engine')
    .addCommand(check())
    .addCommand(test())
    .addCommand(schema())
    .addCommand(diff())
    .addCommand(measure())
    .addCommand(publish())
    .addCommand(versions())
    .addCommand(rollback())

const check = (): Command =>
  new Command('check')
    .description('check every file of a catalogue folder; prints each problem as file:line:column CODE message')
    .argument('<dir>', 'the folder')
    .option('--messages', 'list how long the text of each offer is in each language, and in how many parts it is sent')
    .action(async (dir: string, options: CheckArguments) => {
      const { checkCatalogue } = await import('../actions/check-catalogue.ts')
      process.exitCode = await checkCatalogue(dir, options)
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

const schema = (): Command =>
  new Command('schema')
    .description("write JSON Schemas with which an editor completes a catalogue's own names")
    .argument('<dir>', 'the folder')
    .option('--out <folder>', 'where to (default: .schemas in it)')
    .action(async (dir: string, options: SchemaArguments) => {
      const { writeSchemas } = await import('../actions/write-schemas.ts')
      process.exitCode = await writeSchemas(dir, options)
    })

const diff = (): Command =>
  new Command('diff')
    .description('print what the second catalogue changes against the first, field by field, and how state is carried')
    .argument('<before>', "a folder, a version's number, or running: what the engine applies now")
    .argument('<after>', 'the same')
    .addOption(urlOption('of the engine that has the versions'))
    .option('--json', 'as one JSON object')
    .action(async (before: string, after: string, options: DiffArguments) => {
      const { diffCatalogues } = await import('../actions/diff-catalogues.ts')
      process.exitCode = await diffCatalogues(before, after, options)
    })

const measure = (): Command =>
  new Command('measure')
    .description(
      "measure the thresholds of a folder's quantiles over all subscribers of a running engine, by what it has committed",
    )
    .argument('<dir>', 'the folder')
    .option('--write', 'into the files of the folder, to be looked at and published like any other change')
    .addOption(urlOption())
    .action(async (dir: string, options: MeasureArguments) => {
      const { measureCatalogue } = await import('../actions/measure-catalogue.ts')
      process.exitCode = await measureCatalogue(dir, options)
    })

const publish = (): Command =>
  new Command('publish')
    .description(
      'show what a folder would change in a running engine, ask, publish it, and wait until it is everywhere',
    )
    .argument('<dir>', 'the folder')
    .requiredOption('--reason <text>', 'why, for those who read it later')
    .option('--author <name>', 'who answers for it (default: the user of this machine)')
    .option(
      '--at <time>',
      'ISO-8601 time at which it becomes active (default: as soon as every process knows it)',
      instant,
    )
    .option('--yes', 'without being asked')
    .option('--wait <seconds>', 'for every process to have it', seconds, 15)
    .addOption(urlOption())
    .action(async (dir: string, options: PublishArguments) => {
      const { publishCatalogue } = await import('../actions/publish-catalogue.ts')
      process.exitCode = await publishCatalogue(dir, options)
    })

const versions = (): Command =>
  new Command('versions')
    .description('list the versions of a running engine, the last one first')
    .option('--limit <count>', 'so many', pageSize, 20)
    .option('--before <number>', 'of a version: only older ones', versionNumber)
    .option('--json', 'as one JSON object')
    .addOption(urlOption())
    .action(async (options: VersionsArguments) => {
      const { listVersions } = await import('../actions/list-versions.ts')
      await listVersions(options)
    })

const rollback = (): Command =>
  new Command('rollback')
    .description(
      "show what an earlier version's content would change, ask, publish it again, and wait until it is everywhere",
    )
    .option(
      '--to <number>',
      'of the version (default: what was in force before the last one, or before what a rollback restored)',
      versionNumber,
    )
    .requiredOption('--reason <text>', 'why, for those who read it later')
    .option('--author <name>', 'who answers for it (default: the user of this machine)')
    .option('--yes', 'without being asked')
    .option('--wait <seconds>', 'for every process to have it', seconds, 15)
    .addOption(urlOption())
    .action(async (options: RollbackArguments) => {
      const { rollbackCatalogue } = await import('../actions/rollback-catalogue.ts')
      process.exitCode = await rollbackCatalogue(options)
    })

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 60)) throw new InvalidArgumentError('0 to 60 seconds are expected')
  return value
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('the number of a version is expected')
  return Number(text)
}

function pageSize(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 100) return Number(text)
  throw new InvalidArgumentError('1 to 100 are expected; --before shows older ones')
}
