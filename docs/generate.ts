/** `npm run docs`: writes what documents say of the sources: see documents.ts. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents } from './documents.ts'

const root = join(import.meta.dirname, '..')
for (const [path, make] of Object.entries(documents)) {
  const file = join(root, path)
  const present = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const text = await make(present)
  if (text === present) continue
  writeFileSync(file, text)
  console.log(`${path} written`)
}
