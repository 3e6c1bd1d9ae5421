import { userInfo } from 'node:os'
import { portableFiles } from '../../services/catalogue/files.ts'
import type { Checked } from '../../services/catalogue/publish.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { isAgreed } from '../agreement.ts'
import { askEngine, EngineRefusal } from '../engine.ts'
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
    if (!(await isAgreed(checked, { act: 'Publish', yes }))) return 1
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
