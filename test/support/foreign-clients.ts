import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, run } from '../../deploy/local/command.ts'
import { isInstalled, needPackages } from '../../deploy/local/packages.ts'
import type { Say } from '../../deploy/local/server.ts'
import { needPushy } from '../counterparts/push/need-pushy.ts'

/**
 * Programs which aren't ours and speak the same protocols: kcat and Python's confluent-kafka and fastavro for Kafka and
 * Avro, Perl's Net::SMPP as the operator's SMSC, pushy's server (Java) as Apple's; and for calls PJSIP, SIPp and baresip.
 * Installs what is missing.
 *
 * @returns a Python that has the packages
 */
export async function needForeignClients(cacheFolder: string, say: Say): Promise<string> {
  await needPackages(['kcat'], async () => isInstalled('kcat'), say)
  const answers = async (command: string, ...args: string[]) => (await run(command, args)).code === 0
  await needPackages(['libnet-smpp-perl'], () => answers('perl', '-MNet::SMPP', '-e', '1'), say)
  for (const [command, name] of callPrograms) await needPackages([name], async () => isInstalled(command), say)
  await needPackages(['python3', 'python3-venv'], () => answers('python3', '-c', 'import venv, ensurepip'), say)
  await needPushy(cacheFolder, say)
  return needPython(cacheFolder, say)
}

/** Commands, and Debian's packages that have them: subscribers who answer calls, and what is said to them. */
const callPrograms = [
  ['sipp', 'sip-tester'],
  ['baresip', 'baresip-core'],
  ['espeak-ng', 'espeak-ng'],
  ['sox', 'sox'],
] as const

/** A virtual environment named after its list of packages; complete once its mark is there. */
async function needPython(cacheFolder: string, say: Say): Promise<string> {
  const requirements = join(import.meta.dirname, 'requirements.txt')
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const folder = join(cacheFolder, `python-${hash}`)
  const python = join(folder, 'bin', 'python')
  const mark = join(folder, 'complete')
  if (existsSync(mark)) return python
  say(`makes a Python environment with the packages of ${requirements}, once`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(cacheFolder, { recursive: true })
  await must('python3', ['-m', 'venv', folder])
  await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
  await must(python, ['-c', 'import confluent_kafka, fastavro, pjsua2'])
  writeFileSync(`${mark}.new`, '')
  renameSync(`${mark}.new`, mark)
  return python
}
