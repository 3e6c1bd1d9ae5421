import { open, readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { CodedError } from '../domain/errors.ts'
import { fileBytesMax, type SourceFile } from '../rules/source.ts'

/**
 * The YAML files below a folder, ordered by path, undecoded; hidden files and folders (editors, mounts) are left out.
 * Paths begin with `dir` as given. Of a file above the limit no more is read than shows that it is.
 * @throws CodedError KM_CATALOGUE_FOLDER (canRetry): the folder or a file in it can't be read
 */
export async function readCatalogueFolder(dir: string): Promise<SourceFile[]> {
  try {
    const entries = await readdir(dir, { recursive: true })
    const names = entries.filter((name) => /\.ya?ml$/.test(name) && !isHidden(name)).sort()
    return await Promise.all(
      names.map(async (name) => ({
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

async function readUpTo(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const bytes = Buffer.allocUnsafe(Math.min((await file.stat()).size, fileBytesMax) + 1)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}
