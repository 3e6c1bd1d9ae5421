import { join } from 'node:path'
import { mavenFolder, needMavenFolder } from '../../deploy/local/maven.ts'
import { isInstalled, needJava, needPackages } from '../../deploy/local/packages.ts'
import type { Say } from '../../deploy/local/server.ts'
import { type Child, startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { jarsOfJsmpp } from '../support/servers.ts'
import type { Submit } from './run-smsc.ts'

const folder = join(import.meta.dirname, 'jsmpp')
const pom = join(folder, 'pom.xml')

/** Gets jSMPP and its examples by Maven, once, and a Java that compiles. @returns the folder of the jars */
export async function needJsmpp(cacheFolder: string, say: Say): Promise<string> {
  await needJava(say)
  await needPackages(['default-jdk-headless'], async () => isInstalled('javac'), say)
  const jars = mavenFolder(cacheFolder, pom, 'jsmpp')
  await needMavenFolder(jars, pom, 'copy-dependencies', say)
  return jars
}

/** What the simulator tells of a submit_sm; its receipts say DELIVRD, one second after it. */
export type SimulatedSubmit = Pick<
  Submit,
  'source' | 'source_type' | 'destination' | 'data_coding' | 'esm_class' | 'validity_period' | 'udh' | 'text'
> & { readonly message_id: string; readonly priority: number }

export interface Simulator {
  /** For KEYMOMENT_SMPP_URL. Its ids are hexadecimal in answers, decimal in receipts. */
  readonly url: string
  readonly child: Child
  submits(): readonly SimulatedSubmit[]
  stop(): Promise<void>
}

/**
 * jSMPP's SMPPServerSimulator, the second SMSC that isn't ours: it takes transceivers only, and writes to each as soon as it is bound.
 * Stop it in the end.
 *
 * @param keyStore folder with the key for TLS (`keystore.p12`); none: without TLS
 * @param jars as `needJsmpp` says
 */
export async function runSimulator(keyStore?: string, jars = jarsOfJsmpp()): Promise<Simulator> {
  const port = await freePort()
  const simulator = ['-cp', join(jars, '*'), join(folder, 'TellingSimulator.java')]
  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m']
  const settings = [`${port}`, 'keymoment', 'secret', keyStore === undefined ? 'plain' : 'tls']
  const place = keyStore === undefined ? {} : { cwd: keyStore }
  const child = await startChild('java', [...quick, ...simulator, ...settings], place)
  await child.waitForLine(/Listening on port/, 60_000)
  return {
    url: `${keyStore === undefined ? 'smpp' : 'ssmpp'}://keymoment:secret@127.0.0.1:${port}`,
    child,
    submits: () =>
      child
        .stdout()
        .split('\n')
        .slice(0, -1)
        .map((line): SimulatedSubmit => JSON.parse(line)),
    stop: () => child.kill('SIGKILL').then(() => undefined),
  }
}
