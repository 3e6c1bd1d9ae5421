/*
 * Writes km1-catalogue/ from rules.json, the reference job's own list of rules (its numbers are kept in the rules' ids):
 *
 *   node test/bench/make-catalogue.ts
 *
 * See `km1-rules.ts` for what they say.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { km1Files } from './km1-rules.ts'

for (const { path, text } of km1Files()) {
  const file = join(import.meta.dirname, 'km1-catalogue', path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}
