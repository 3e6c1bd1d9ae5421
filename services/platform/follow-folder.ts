import { hostname } from 'node:os'
import { ExponentialBackoff } from 'cockatiel'
import { isSameContent, type PortableFiles, portableFiles } from '../catalogue/files.ts'
import type { FolderNotice } from '../catalogue/folder-notice.ts'
import { CatalogueInvalid } from '../catalogue/history.ts'
import type { CatalogueVersions, VersionsParts } from '../catalogue/open.ts'
import { hasContent } from '../catalogue/publish.ts'
import { type ShrunkFile, shrunkFiles } from '../catalogue/shrunk-files.ts'
import { type FolderState, type LookAgain, lookAt, watchCatalogue } from '../catalogue-folder/watch.ts'
import { CodedError, isCoded } from '../domain/errors.ts'
import { problem } from '../rules/problem.ts'
import type { SourceFile } from '../rules/source.ts'

export interface FolderOptions {
  readonly dir: string
  /** Publish what is saved there while running, too. */
  readonly watch: boolean
  /** Real milliseconds for which a watched file must stay as it is before what is gone from it is withdrawn. */
  readonly removalWaitMs: number
}

/** So long at most between two tries of what can't be published for now. */
const retryMostMs = 60_000

/**
 * Publishes what the folder holds, now and (watched) whenever that changes. What is wrong with it is logged, and told over
 * HTTP; what can't be published for now is tried again; a file that may be saved half is waited for.
 * @returns ends it
 */
export async function followFolder(
  versions: CatalogueVersions,
  { dir, watch, removalWaitMs }: FolderOptions,
  { logger, metrics }: VersionsParts,
): Promise<() => Promise<void>> {
  const backoff = () => new ExponentialBackoff({ initialDelay: 500, maxDelay: retryMostMs }).next()
  let nextTry = backoff()
  let waiting: { readonly files: readonly SourceFile[]; readonly until: number } | undefined

  const tell = (state: FolderNotice['state'], code: string | null = null, message: string | null = null) =>
    versions.tellFolder({ state, code, message, since: versions.now() })

  function refuse(error: unknown): undefined {
    const problems = error instanceof CatalogueInvalid ? error.problems : [error]
    const code = problems.some((found) => isCoded(found, halfSaved)) ? halfSaved : codeOf(error)
    metrics.catalogueRefused.inc({ source: 'folder', code })
    for (const problem of problems) logger.error(`catalogue refused, the running one stays: ${String(problem)}`)
    tell('refused', code, problems.map(String).join('\n'))
    return undefined
  }

  /** How long files that seem to be saved half must still stay as they are; 0: they are taken as they are. */
  async function waitFor({ files, located }: PortableFiles): Promise<number> {
    const before = versions.history.versions.findLast(({ source }) => source === 'folder')
    const shrunk = before && !hasContent(before, files) ? shrunkFiles(before.files(), files) : []
    const { problems } = shrunk.length === 0 ? {} : await versions.checks.load(files)
    if (problems) {
      // What is wrong is refused as such, at once, with what it may come from.
      const half = shrunk.filter(({ isBeginning }) => isBeginning)
      const why = half.map(({ path }) => problem(halfSaved, beginningOnly, { file: path }))
      const found = located({ problems: [...why, ...problems] }).problems
      if (found && half.length > 0) throw new CatalogueInvalid(`the catalogue in ${dir}`, found)
    }
    if (!watch || shrunk.length === 0 || problems) {
      waiting = undefined
      return 0
    }
    if (!waiting || !isSameContent(waiting.files, files)) {
      waiting = { files, until: performance.now() + removalWaitMs }
      const message = `${shrunk.map(inWords).join('; ')}; published as it is unless it changes within ${removalWaitMs} ms`
      logger.warn(`catalogue waits, the running one stays: ${halfSaved}  ${message}`)
      tell('waiting', halfSaved, message)
    }
    return Math.max(0, waiting.until - performance.now())
  }

  async function take({ files: sources, problem }: FolderState): Promise<LookAgain | undefined> {
    if (!sources) return refuse(problem)
    try {
      const portable = portableFiles(dir, sources)
      const againMs = await waitFor(portable)
      if (againMs > 0) return { againMs }
      await publish(versions, dir, portable)
      tell('published')
      nextTry = backoff()
      return undefined
    } catch (error) {
      if (isFinal(error)) return refuse(error)
      const againMs = nextTry.duration
      nextTry = nextTry.next(undefined)
      const message = `what the folder holds could not be published, and is tried again in ${Math.round(againMs)} ms: ${String(error)}`
      logger.warn({ err: error }, message)
      tell('retrying', codeOf(error), message)
      return { againMs }
    }
  }

  if (watch) {
    const watching = await watchCatalogue(dir, take)
    return () => watching.stop()
  }
  return takeOnce(dir, take)
}

const halfSaved = 'KM_CATALOGUE_HALF_SAVED'
const beginningOnly = 'holds only the beginning of what it held; was it saved half?'

const inWords = ({ path, gone }: ShrunkFile): string =>
  gone.length === 0 ? `${path} holds only the beginning of what it held` : `${path} no longer has ${listed(gone)}`

const shownMost = 5
const listed = (items: readonly string[]): string =>
  items.length > shownMost
    ? `${items.slice(0, shownMost).join(', ')} and ${items.length - shownMost} more`
    : items.join(', ')

const codeOf = (error: unknown): string => (error instanceof CodedError ? error.code : 'KM_CATALOGUE_UNUSABLE')

/** The catalogue itself is refused; all else may succeed later. */
const isFinal = (error: unknown): boolean =>
  error instanceof CodedError && !error.canRetry && !isCoded(error, 'KM_CATALOGUE_CONFLICT')

/** Of what the folder holds at the start, until it is published or refused. */
async function takeOnce(
  dir: string,
  take: (state: FolderState) => Promise<LookAgain | undefined>,
): Promise<() => Promise<void>> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let trying = Promise.resolve()
  const attempt = async () => {
    const again = await take(await lookAt(dir))
    if (!again || stopped) return
    timer = setTimeout(() => {
      trying = attempt()
    }, again.againMs)
  }
  await attempt()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await trying
  }
}

const triesMost = 10

/** @throws CodedError as `Publisher.publish`, problems with the folder's own paths */
async function publish(
  { history, publisher }: CatalogueVersions,
  dir: string,
  { files, located }: PortableFiles,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const own = history.versions.findLast(({ source }) => source === 'folder')
    if (hasContent(own, files)) return
    const expected = history.last?.number ?? 0
    const reason = own ? 'the folder holds something else' : 'the first catalogue of this folder'
    try {
      await publisher.publish({ files, author: `folder on ${hostname()}`, reason, source: 'folder', expected })
      return
    } catch (error) {
      // Another process with the same folder may have been faster.
      if (isCoded(error, 'KM_CATALOGUE_CONFLICT') && tries < triesMost) continue
      if (!(error instanceof CatalogueInvalid)) throw error
      const { problems = error.problems } = located({ problems: error.problems })
      throw new CatalogueInvalid(`the catalogue in ${dir}`, problems)
    }
  }
}

/** The folder's first publication, without which nothing can start. @throws CodedError KM_CATALOGUE_INVALID and as `Publisher.publish` */
export async function publishFirst(
  versions: CatalogueVersions,
  dir: string,
  sources: readonly SourceFile[],
): Promise<void> {
  await publish(versions, dir, portableFiles(dir, sources))
}
