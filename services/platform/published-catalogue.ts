import { hostname } from 'node:os'
import { fromTheBeginning } from '../catalogue/activation.ts'
import { portableFiles } from '../catalogue/files.ts'
import { CatalogueInvalid } from '../catalogue/history.ts'
import { type CatalogueVersions, openVersions, type VersionsParts } from '../catalogue/open.ts'
import { hasContent } from '../catalogue/publish.ts'
import { readCatalogueFolder } from '../catalogue-folder/read.ts'
import { watchCatalogue } from '../catalogue-folder/watch.ts'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { SourceFile } from '../rules/source.ts'
import { type CatalogueSource, openCatalogue } from './catalogue-source.ts'

export interface PublishedCatalogue extends CatalogueSource {
  readonly versions: CatalogueVersions
  close(): Promise<void>
}

export interface FolderOptions {
  readonly dir: string
  /** Publish what is saved there while running, too. */
  readonly watch: boolean
  /**
   * Whether this process publishes its folder at all. One that uses no catalogue may have another folder than those that
   * do, or none.
   */
  readonly publish: boolean
}

/**
 * The catalogue as it is published on km.catalogue, and the folder as one way in: its content is published when it isn't
 * what a folder published last. So a rollback stays after a restart, and of processes with the same folder one publishes.
 * @throws CodedError KM_CATALOGUE_INVALID, KM_CATALOGUE_FOLDER (nothing is published yet, and the folder can't be)
 */
export async function openPublishedCatalogue(
  parts: VersionsParts,
  { dir, watch, publish }: FolderOptions,
): Promise<PublishedCatalogue> {
  const versions = await openVersions(parts)
  const { history, schedule } = versions
  let stop: () => Promise<void> = async () => undefined
  try {
    if (!publish && history.versions.length === 0) {
      // Until somebody publishes the first version. Nothing is decided by it.
      const catalogue = await openCatalogue(dir)
      schedule.add({ number: 0, ...fromTheBeginning, catalogue: () => catalogue })
    }
    if (publish) {
      if (history.versions.length === 0) await publishFolder(versions, dir, await readCatalogueFolder(dir))
      stop = await followFolder(versions, dir, watch, parts)
    }
  } catch (error) {
    await versions.close()
    throw error
  }
  versions.checks.eventsFlow()
  return {
    versions,
    get current() {
      return versions.present().catalogue
    },
    at: schedule.at,
    subscribe: versions.subscribe,
    attach: versions.attach,
    async close() {
      await stop()
      await versions.close()
    },
  }
}

/** Publishes what the folder holds, now and (watched) whenever that changes; what is wrong with it is logged. */
async function followFolder(
  versions: CatalogueVersions,
  dir: string,
  watch: boolean,
  { logger, metrics }: VersionsParts,
): Promise<() => Promise<void>> {
  const refuse = (error: unknown) => {
    const { code, problems } = error instanceof CatalogueInvalid ? error : { ...wordsOf(error), problems: [error] }
    metrics.catalogueRefused.inc({ source: 'folder', code })
    for (const problem of problems) logger.error(`catalogue refused, the running one stays: ${String(problem)}`)
  }
  const take = async (files: readonly SourceFile[]) => publishFolder(versions, dir, files).catch(refuse)
  if (!watch) {
    await readCatalogueFolder(dir).then(take, refuse)
    return async () => undefined
  }
  const watching = await watchCatalogue(dir, ({ files, problem }) => (files ? take(files) : refuse(problem)))
  return () => watching.stop()
}

const wordsOf = (error: unknown): { readonly code: string } => ({
  code: error instanceof CodedError ? error.code : 'KM_CATALOGUE_UNUSABLE',
})

const triesMost = 10

/** @throws CodedError as `Publisher.publish`, problems with the folder's own paths */
async function publishFolder(
  { history, publisher }: CatalogueVersions,
  dir: string,
  sources: readonly SourceFile[],
): Promise<void> {
  const { files, located } = portableFiles(dir, sources)
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
