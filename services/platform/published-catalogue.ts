import { fromTheBeginning } from '../catalogue/activation.ts'
import { type CatalogueVersions, openVersions, type VersionsParts } from '../catalogue/open.ts'
import { readCatalogueFolder } from '../catalogue-folder/read.ts'
import { type CatalogueSource, openCatalogue } from './catalogue-source.ts'
import { type FolderOptions, followFolder, publishFirst } from './follow-folder.ts'

export interface PublishedCatalogue extends CatalogueSource {
  readonly versions: CatalogueVersions
  close(): Promise<void>
}

interface OwnFolder extends FolderOptions {
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
export async function openPublishedCatalogue(parts: VersionsParts, folder: OwnFolder): Promise<PublishedCatalogue> {
  const versions = await openVersions(parts)
  const { history, schedule } = versions
  let stop: () => Promise<void> = async () => undefined
  const { dir, publish } = folder
  try {
    if (!publish && history.versions.length === 0) {
      // Until somebody publishes the first version. Nothing is decided by it.
      const catalogue = await openCatalogue(dir)
      schedule.add({ number: 0, ...fromTheBeginning, catalogue: () => catalogue })
    }
    if (publish) {
      if (history.versions.length === 0) await publishFirst(versions, dir, await readCatalogueFolder(dir))
      stop = await followFolder(versions, folder, parts)
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
