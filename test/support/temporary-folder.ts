import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new empty folder which is removed when the current test ends. Call it inside a test, not at a file's top level. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
