import { readdir, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { CodedError, type Location } from '../domain/errors.ts'
import { readCatalogueHead } from '../rules/layers.ts'
import type { Problem } from '../rules/problem.ts'
import { readUpTo } from './file.ts'
import { shippedCatalogue } from './shipped.ts'

/** More than anybody lays one upon the other. */
const layersMax = 8

/** A catalogue's folder, and then the one that it extends, and so on. Each as a path that begins as `dir` is given. */
export async function catalogueFolders(dir: string): Promise<readonly string[]> {
  const folders: string[] = []
  const real = new Set<string>()
  let next: { readonly folder: string; readonly location?: Location } | undefined = { folder: dir }
  while (next) {
    const { folder, location }: { folder: string; location?: Location } = next
    const path = await realPath(folder, location)
    if (real.has(path) || real.size >= layersMax) {
      const reason = real.has(path) ? 'extends itself in the end' : `is the ${layersMax + 1}th below the other`
      throw extendsFault(`'${folder}' ${reason}; end the chain with a folder that extends nothing`, location)
    }
    real.add(path)
    folders.push(folder)
    next = await baseOf(folder)
  }
  return folders
}

/** What a folder's catalogue.yaml extends; undefined: nothing, or nothing that is readable, of which the check will tell. */
async function baseOf(folder: string): Promise<{ folder: string; location: Location } | undefined> {
  for (const name of ['catalogue.yaml', 'catalogue.yml']) {
    const path = join(folder, name).replaceAll(sep, '/')
    const text = await readUpTo(path).catch(() => undefined)
    if (text === undefined) continue
    const problems: Problem[] = []
    const head = readCatalogueHead({ path, text }, problems)
    if (head?.extends === undefined) return undefined
    const base = head.extends === 'shipped' ? shippedCatalogue : beside(folder, head.extends)
    return { folder: base, location: head.node.at(['extends']) }
  }
  return undefined
}

/** Relative to the folder that says it. */
const beside = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path))

async function realPath(folder: string, location: Location | undefined): Promise<string> {
  try {
    await readdir(folder)
    return await realpath(folder)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (location) throw extendsFault(`the catalogue in '${folder}' cannot be read: ${reason}`, location, cause)
    throw new CodedError('KM_CATALOGUE_FOLDER', `the catalogue in '${folder}' cannot be read: ${reason}`, {
      canRetry: true,
      location: { file: folder },
      cause,
    })
  }
}

const extendsFault = (message: string, location: Location | undefined, cause?: unknown): CodedError =>
  new CodedError('KM_CATALOGUE_EXTENDS', message, { ...(location && { location }), canRetry: true, cause })

/** A file or folder inside a folder. */
export function isWithin(inner: string, outer: string): boolean {
  const path = relative(outer, inner)
  return path !== '' && path.split(sep)[0] !== '..'
}
