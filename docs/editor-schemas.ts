import { readCatalogueFolder } from '../services/catalogue-folder/read.ts'
import { shippedCatalogue } from '../services/catalogue-folder/shipped.ts'
import { editorSchemas, type FileKind, fileKinds, type JsonSchema } from '../services/rules/editor-schema.ts'
import { loadCatalogue } from '../services/rules/load.ts'

/** The schemas that the shipped files name in their first line: as `keymoment catalogue schema deploy/catalogue` writes them. */
export const shippedSchemas: Readonly<Record<string, () => Promise<string>>> = Object.fromEntries(
  fileKinds.map((kind) => [
    `deploy/catalogue/.schemas/${kind}.schema.json`,
    async () => `${JSON.stringify((await make())[kind], null, 2)}\n`,
  ]),
)

let made: Promise<Readonly<Record<FileKind, JsonSchema>>> | undefined
function make(): Promise<Readonly<Record<FileKind, JsonSchema>>> {
  made ??= readCatalogueFolder(shippedCatalogue).then((files) => {
    const { catalogue, problems } = loadCatalogue(files)
    if (!catalogue) throw new Error(`the shipped catalogue is wrong:\n${problems.join('\n')}`)
    return editorSchemas(catalogue)
  })
  return made
}
