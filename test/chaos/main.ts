/*
 * `npm run chaos`: a real Kafka, Redis and SMSC, services as processes, and what can go wrong with them. Prints its seed, and
 * writes what came of each campaign into RESULTS.md.
 *
 *   --only NAME,…      some of the campaigns (or `little`, the one of `npm test`)
 *   --seed N           what happens, and when (the default is another one each time)
 *   --minutes N        each campaign lasts so long at most
 *   --long             ten times as long as usual
 *   --beside           on the Kafka and the registry of `npm run test:servers`, which are left alone, with a Redis of its own
 *   --plant NAME       with a defect of plants.ts in the services: it should be found. Nothing is written down
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { servers as shared } from '../support/servers.ts'
import { whenToldToStop } from '../support/told-to-stop.ts'
import { little } from './campaigns/little.ts'
import { campaigns } from './campaigns.ts'
import { plants, plantVariable } from './plants.ts'
import { page, writeResult } from './results.ts'
import { type Result, runCampaign } from './run.ts'
import { startRedisBeside, startServers } from './servers.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    long: { type: 'boolean', default: false },
    beside: { type: 'boolean', default: false },
    plant: { type: 'string' },
  },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const started = performance.now()
const say = (line: string) =>
  console.error(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`)
const names = values.only?.split(',') ?? campaigns.map(({ name }) => name)
const chosen = names.map((name) => {
  const campaign = [...campaigns, little].find((one) => one.name === name)
  if (!campaign) throw new RangeError(`--only takes some of ${campaigns.map((one) => one.name).join(', ')}`)
  return campaign
})
const lengthOf = (usual: number) =>
  values.minutes ? Number(values.minutes) * 60_000 : values.long ? 10 * usual : usual

const commandOf = (name: string) =>
  [
    `npm run chaos -- --only ${name} --seed ${seed}`,
    ...(values.beside ? ['--beside'] : []),
    ...(values.minutes ? [`--minutes ${values.minutes}`] : values.long ? ['--long'] : []),
  ].join(' ')

/** @throws RangeError unless there is such a plant */
function planted(name: string): Record<string, string> {
  if (!plants[name]) throw new RangeError(`--plant takes one of ${Object.keys(plants).join(', ')}`)
  return { NODE_OPTIONS: `--import ${join(import.meta.dirname, 'plant-loader.ts')}`, [plantVariable]: name }
}

say(`seed ${seed}`)
const servers = values.beside ? await startRedisBeside(shared, say) : await startServers(say)
let closeCampaign = async (): Promise<void> => undefined
whenToldToStop((reason) => {
  say(`ends: ${reason}`)
  void closeCampaign()
    .then(servers.stop)
    .finally(() => process.exit(130))
})

const results: Result[] = []
try {
  for (const campaign of chosen) {
    const lengthMs = lengthOf(campaign.lengthMs)
    const result = await runCampaign(campaign, {
      seed,
      servers,
      say,
      lengthMs,
      subscribersPerSecond: 4,
      environment: values.plant ? planted(values.plant) : {},
      isPatient: true,
      opened: (close) => {
        closeCampaign = close
      },
    })
    results.push(result)
    say(
      `${campaign.name}: ${JSON.stringify({ ...result.figures, ...result.struck })} in ${result.seconds.toFixed(0)} s`,
    )
    for (const { promise, told } of result.findings.slice(0, 40)) say(`  ${promise}: ${told}`)
    for (const failure of result.failures) say(`  ${failure}`)
    if (campaign !== little && !values.plant) writeResult(result, commandOf(campaign.name))
  }
} finally {
  await servers.stop()
}
if (!values.plant) say(`wrote ${page}`)
process.exitCode = results.some(({ findings }) => findings.length > 0) ? 1 : 0
