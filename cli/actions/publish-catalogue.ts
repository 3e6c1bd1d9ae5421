import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { portableFiles } from '../../services/catalogue/files.ts'
import type { Checked } from '../../services/catalogue/publish.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { askEngine, EngineRefusal } from '../engine.ts'
import { impactLines, impactSummary } from '../impact-lines.ts'
import { type PublishedAnswer, tellPublished } from '../published-answer.ts'

export interface PublishArguments {
  readonly url: string
  readonly reason: string
  readonly author?: string
  /** Milliseconds since 1970. */
  readonly at?: number
  readonly yes?: boolean
  /** Seconds. */
  readonly wait: number
}

/**
 * Shows what a folder would change, asks, publishes it, and waits until every process has it.
 * @returns the exit code: 1 where it is wrong, or isn't everywhere
 * @throws CodedError KM_USAGE: nobody can be asked, and --yes isn't given
 */
export async function publishCatalogue(dir: string, options: PublishArguments): Promise<0 | 1> {
  const { files, located } = portableFiles(dir, await readCatalogueFolder(dir))
  const { problems } = located(loadCatalogue(files))
  if (problems) return tellProblems(problems)
  const { url, reason, author = userInfo().username, at, yes = false, wait } = options
  const time = at === undefined ? {} : { activates_at: at }
  try {
    const checked = await askEngine<Checked>(url, '/v1/catalogue/check', { files, ...time })
    if (!(await agreed(checked, yes))) {
      process.stderr.write('nothing was published\n')
      return 1
    }
    const answer = await askEngine<PublishedAnswer>(url, '/v1/catalogue/publish', {
      files,
      author,
      reason,
      source: 'cli',
      expected: checked.last,
      confirm: true,
      wait_ms: Math.round(1_000 * wait),
      ...time,
    })
    return tellPublished(answer)
  } catch (error) {
    // The engine may be of another release, and judge otherwise.
    if (error instanceof EngineRefusal && error.problems.length > 0) {
      return tellProblems(
        error.problems.map(({ code, message, ...location }) => new CodedError(code, message, { location })),
      )
    }
    throw error
  }
}

function tellProblems(problems: readonly CodedError[]): 1 {
  process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
  process.stderr.write(`${problems.length} problems; nothing was published\n`)
  return 1
}

async function agreed({ impact, last, supersedes, unchanged }: Checked, yes: boolean): Promise<boolean> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  if (unchanged) return true
  if (impact) {
    say(`${impactSummary(impact)}, against what is in force then (the last version is ${last}):`)
    for (const line of impactLines(impact)) say(line)
  }
  for (const number of supersedes) say(`version ${number} waits for its time: this one takes its place for good`)
  if (yes) return true
  if (!process.stdin.isTTY) throw new CodedError('KM_USAGE', 'nobody can be asked here: say --yes to publish')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question('Publish? [y/N] ')).trim())
  } finally {
    terminal.close()
  }
}
