import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of the files below a folder whose name is wanted, in a fixed order. */
export function filesBelow(folder: string, wanted: (name: string) => boolean): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}
