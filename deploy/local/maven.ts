import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './command.ts'
import type { Say } from './server.ts'

/**
 * The folder with what a pom names, got by Maven on first use. Its name carries the pom's hash, so another version in
 * the pom is another folder; it appears by a rename, so a download cut short leaves nothing that looks whole.
 */
export function mavenFolder(cacheFolder: string, pom: string, name: string): string {
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)
  return join(cacheFolder, `${name}-${hash}`)
}

/** @throws Error with Maven's words when the download fails */
export async function needMavenFolder(
  folder: string,
  pom: string,
  goal: 'copy-dependencies' | 'unpack-dependencies',
  say: Say,
): Promise<void> {
  if (existsSync(folder)) return
  say(`gets what ${pom} names by Maven, once`)
  const unfinished = `${folder}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  await must('mvn', ['-q', '-B', '-f', pom, `dependency:${goal}`, `-DoutputDirectory=${unfinished}`])
  if (existsSync(folder)) rmSync(unfinished, { recursive: true, force: true })
  else renameSync(unfinished, folder)
}
