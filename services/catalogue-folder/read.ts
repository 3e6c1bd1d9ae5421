import { readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { CodedError } from '../domain/errors.ts'
import type { SourceFile } from '../rules/source.ts'
import { readUpTo } from './file.ts'
import { catalogueFolders, isWithin } from './layers.ts'

/**
 * The YAML files below a folder, ordered by path, undecoded; hidden files and folders (editors, mounts) are left out.
 * Then, with `layer` 1 and above, those of the folder that its catalogue.yaml extends, and so on.
 * Paths begin with `dir` as given. Of a file above the limit no more is read than shows that it is.
 * @throws CodedError KM_CATALOGUE_FOLDER (canRetry): the folder or a file in it can't be read; KM_CATALOGUE_EXTENDS: what it
 * extends isn't there, or extends it in turn
 */
export async function readCatalogueFolder(dir: string): Promise<SourceFile[]> {
  const folders = await catalogueFolders(dir)
  const layers = await Promise.all(
    folders.map(async (folder, layer) => {
      const others = folders.filter((other) => isWithin(other, folder))
      const files = await readFolder(folder, (path) => others.some((other) => isWithin(path, other)))
      return layer === 0 ? files : files.map((file) => ({ ...file, layer }))
    }),
  )
  return layers.flat()
}

async function readFolder(dir: string, isForeign: (path: string) => boolean): Promise<SourceFile[]> {
  try {
    const entries = await readdir(dir, { recursive: true })
    const names = entries.filter((name) => /\.ya?ml$/.test(name) && !isHidden(name) && !isForeign(join(dir, name)))
    return await Promise.all(
      names.sort().map(async (name) => ({
        path: join(dir, name).replaceAll(sep, '/'),
        text: await readUpTo(join(dir, name)),
      })),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CodedError('KM_CATALOGUE_FOLDER', `the catalogue in '${dir}' cannot be read: ${reason}`, {
      canRetry: true,
      location: { file: dir },
      cause: error,
    })
  }
}

const isHidden = (name: string): boolean => name.split(sep).some((part) => part.startsWith('.'))
