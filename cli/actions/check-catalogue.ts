import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import type { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { messageSizes } from '../../services/rules/templates/message-sizes.ts'
import { readExamples } from '../../services/timelines/examples.ts'
import { doubtLines } from '../doubt-lines.ts'
import { longMessages, messageLines, messageSummary } from '../message-lines.ts'

export interface CheckArguments {
  /** Lists how long each message is. */
  readonly messages?: boolean
}

/**
 * Prints the problems of a catalogue folder, and of the shape of its examples, to stdout; without any, how long its messages
 * are, and on stderr what is valid and hardly meant. @returns the exit code: 1 where there are problems
 */
export async function checkCatalogue(dir: string, { messages = false }: CheckArguments = {}): Promise<0 | 1> {
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
  const sizes = messageSizes(catalogue)
  if (messages) for (const line of messageLines(sizes)) process.stdout.write(`${line}\n`)
  for (const line of doubtLines(catalogue, Date.now())) process.stderr.write(`${line}\n`)
  for (const line of longMessages(sizes, catalogue.policy)) process.stderr.write(`${line}\n`)
  if (!messages && sizes.length > 0) process.stderr.write(`${messageSummary(sizes)}\n`)
  return 0
}
