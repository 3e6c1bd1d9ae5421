import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { must } from '../../../deploy/local/command.ts'
import { isInstalled, needJava, needPackages } from '../../../deploy/local/packages.ts'
import type { Say } from '../../../deploy/local/server.ts'
import { readSettings } from '../../../deploy/local/settings.ts'
import { filesBelow } from './files-below.ts'

const here = import.meta.dirname
const rules = join(here, '..', 'rules.json')

/**
 * The peers and the oracle, built by Maven on first use and after each change of their sources: a folder with their jars
 * in the cache of the local servers. It appears by a rename, so a build cut short leaves nothing that looks whole.
 */
export async function needPeers(say: Say): Promise<string> {
  const hash = createHash('sha256')
  const sources = [...filesBelow(here, (name) => /\.java$|^pom\.xml$/.test(name)), rules]
  for (const file of sources) hash.update(relative(here, file)).update(readFileSync(file))
  const folder = join(readSettings().cacheFolder, `km1-peers-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return folder
  await needJava(say)
  await needPackages(['default-jdk-headless'], async () => isInstalled('javac'), say)
  say('builds the peers by Maven, once')
  const unfinished = `${folder}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  await must('mvn', ['-q', '-B', '-f', join(here, 'pom.xml'), 'package', `-DoutputDirectory=${unfinished}`])
  if (existsSync(folder)) rmSync(unfinished, { recursive: true, force: true })
  else renameSync(unfinished, folder)
  return folder
}

/** What `java` is given to see a module of the build and all that it needs. */
export const classPath = (built: string, module: 'core' | 'flink' | 'kafka-streams'): string =>
  [join(built, module, `${module}-1.jar`), join(built, module, 'lib', '*')].join(':')
