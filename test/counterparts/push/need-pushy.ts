import { join } from 'node:path'
import { mavenFolder, needMavenFolder } from '../../../deploy/local/maven.ts'
import { isInstalled, needJava, needPackages } from '../../../deploy/local/packages.ts'
import type { Say } from '../../../deploy/local/server.ts'

const pom = join(import.meta.dirname, 'pom.xml')

/** The folder with pushy and its jars, got by Maven on first use; and a Java that runs a source, and openssl. */
export async function needPushy(cacheFolder: string, say: Say): Promise<string> {
  const folder = mavenFolder(cacheFolder, pom, 'pushy')
  await needJava(say)
  await needPackages(['default-jdk-headless'], async () => isInstalled('javac'), say)
  await needPackages(['openssl'], async () => isInstalled('openssl'), say)
  await needMavenFolder(folder, pom, 'copy-dependencies', say)
  return folder
}
