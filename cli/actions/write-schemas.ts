import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { editorSchemas } from '../../services/rules/editor-schema.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

export interface SchemaArguments {
  /** A folder, made if missing; default: `.schemas` in the catalogue's. */
  readonly out?: string
}

/**
 * Writes a JSON Schema for each kind of file of a catalogue folder, in which an editor completes the catalogue's own names.
 * @returns the exit code: 1 where the catalogue is wrong; nothing is written then
 * @throws CodedError KM_CATALOGUE_FOLDER, KM_CATALOGUE_SCHEMAS: they can't be written
 */
export async function writeSchemas(dir: string, { out = join(dir, '.schemas') }: SchemaArguments): Promise<0 | 1> {
  const { catalogue, problems } = loadCatalogue(await readCatalogueFolder(dir))
  if (!catalogue) {
    process.stdout.write(problems.map((problem) => `${String(problem)}\n`).join(''))
    process.stderr.write(`${problems.length} problems; nothing was written\n`)
    return 1
  }
  const schemas = Object.entries(editorSchemas(catalogue))
  try {
    await mkdir(out, { recursive: true })
    for (const [kind, schema] of schemas) {
      await writeFile(join(out, `${kind}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`)
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('KM_CATALOGUE_SCHEMAS', `the schemas cannot be written to '${out}': ${reason}`, { cause })
  }
  process.stderr.write(`${schemas.length} schemas written to ${out}\n`)
  return 0
}
