import { dirname, isAbsolute, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzip } from 'node:zlib'
import { CodedError } from '../domain/errors.ts'
import type { LoadedCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'

/** A file of a catalogue as it is published: its path below the catalogue's folder, with `/`. */
export interface CatalogueFile {
  readonly path: string
  readonly text: string
  /** 0, if it isn't said: the folder's own; above: of the catalogue that it extends. */
  readonly layer?: number
}

/** All files of one catalogue, unpacked: far above what fits into a record when it is packed sensibly. */
const unpackedBytesMax = 32 * 1_048_576

const pack = promisify(gzip)

/** As one value of a record. */
export const packFiles = (files: readonly CatalogueFile[]): Promise<Buffer> => pack(JSON.stringify(files))

/** @throws CodedError KM_CATALOGUE_FILES: the bytes are not what `packFiles` makes */
export function unpackFiles(bytes: Uint8Array): readonly CatalogueFile[] {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: unpackedBytesMax })
    return checkFiles(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)))
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('KM_CATALOGUE_FILES', `no gzip of a JSON array of {path, text}: ${reason}`, { cause })
  }
}

/** Files that came from outside. @throws CodedError KM_CATALOGUE_FILES */
export function checkFiles(value: unknown): readonly CatalogueFile[] {
  if (!Array.isArray(value) || value.length === 0) throw noFiles('an array of {path, text}, one or more, is expected')
  const paths = new Set<string>()
  return value.map((file: unknown, i) => {
    const { path, text, layer } = (file ?? {}) as Partial<Record<string, unknown>>
    if (typeof path !== 'string' || typeof text !== 'string') throw noFiles(`file ${i} has no path or no text`)
    if (path === '' || isAbsolute(path) || path.split(/[\\/]/).includes('..')) {
      throw noFiles(`'${path}' is no path below the catalogue's folder`)
    }
    if (paths.has(path)) throw noFiles(`'${path}' is there twice`)
    paths.add(path)
    if (layer === undefined) return { path, text }
    if (typeof layer !== 'number' || !Number.isInteger(layer) || layer < 0) {
      throw noFiles(`'${path}' has a layer that is no number`)
    }
    return { path, text, layer }
  })
}

const noFiles = (message: string): CodedError => new CodedError('KM_CATALOGUE_FILES', message)

/** A folder's files as they are published, and the way back to the paths that people know. */
export interface PortableFiles {
  /** Texts; bytes that aren't UTF-8 stay bytes, so that the check says where. */
  readonly files: readonly SourceFile[]
  /** The same problems with the paths of the folder. */
  located(loaded: LoadedCatalogue): LoadedCatalogue
}

/** Files of `dir`, and of the catalogue that it extends, under paths that mean the same on every machine. */
export function portableFiles(dir: string, sources: readonly SourceFile[]): PortableFiles {
  const original = new Map<string, string>()
  const roots = new Map<number, string>()
  for (const { path, layer = 0 } of sources) {
    if (!isBelow(dir, path)) roots.set(layer, commonFolder(roots.get(layer) ?? dirname(path), dirname(path)))
  }
  const files = sources.map((source) => {
    const { layer = 0 } = source
    const root = isBelow(dir, source.path) ? dir : (roots.get(layer) ?? '')
    const prefix = root === dir ? '' : `extended-${layer}/`
    const path = prefix + relative(root, source.path).split(sep).join('/')
    original.set(path, source.path)
    return { ...source, path, text: decoded(source.text) }
  })
  return {
    files,
    located(loaded) {
      if (!loaded.problems) return loaded
      const problems = loaded.problems.map((problem) => {
        const file = original.get(problem.location?.file ?? '')
        if (file === undefined) return problem
        return new CodedError(problem.code, problem.message, { location: { ...problem.location, file } })
      })
      return { problems }
    },
  }
}

function isBelow(dir: string, path: string): boolean {
  const below = relative(dir, path)
  return !isAbsolute(below) && below.split(sep)[0] !== '..'
}

function commonFolder(a: string, b: string): string {
  const others = b.split(sep)
  const parts = a.split(sep)
  const end = parts.findIndex((part, i) => part !== others[i])
  return (end < 0 ? parts : parts.slice(0, end)).join(sep)
}

function decoded(text: string | Uint8Array): string | Uint8Array {
  if (typeof text === 'string') return text
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text)
  } catch {
    return text
  }
}

/** The same paths with the same texts, in whatever order. */
export function isSameContent(a: readonly SourceFile[], b: readonly SourceFile[]): boolean {
  const texts = new Map(b.map(({ path, text, layer = 0 }) => [path, `${layer} ${text}`]))
  return a.length === b.length && a.every(({ path, text, layer = 0 }) => texts.get(path) === `${layer} ${text}`)
}
