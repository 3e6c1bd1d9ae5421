/*
 * `npm run chaos`: a real Kafka, Redis and SMSC, services as processes, and what can go wrong with them. Prints its seed, and
 * writes what came of each campaign into RESULTS.md.
 *
 *   --only NAME,…      some of the campaigns (or `little`, the one of `npm test`), or `crash-matrix`
 *   --times N          the crash matrix kills so often at each of its points (50)
 *   --seed N           what happens, and when (the default is another one each time)
 *   --minutes N        each campaign lasts so long at most
 *   --subscribers N    so many come a second (4): the more, the more is under way at any instant
 *   --long             ten times as long as usual
 *   --beside           on the Kafka and the registry of `npm run test:servers`, which are left alone, with a Redis of its own
 *   --add              its row goes into the table beside those of the same campaign, not in their place
 *   --plant NAME       with a defect of plants.ts in the services: well is what finds it. Nothing is written down
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { servers as shared } from '../support/servers.ts'
import { whenToldToStop } from '../support/told-to-stop.ts'
import { little } from './campaigns/little.ts'
import { campaigns } from './campaigns.ts'
import { runCrashMatrix } from './crash-matrix.ts'
import { faultsOf } from './crash-trial.ts'
import { plants, plantVariable } from './plants.ts'
import { isVoid, page, writeCrashMatrix, writeResult } from './results.ts'
import { type Campaign, type Result, runCampaign } from './run.ts'
import { startRedisBeside, startServers } from './servers.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    times: { type: 'string', default: '50' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    subscribers: { type: 'string', default: '4' },
    long: { type: 'boolean', default: false },
    beside: { type: 'boolean', default: false },
    add: { type: 'boolean', default: false },
    plant: { type: 'string' },
  },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const started = performance.now()
const say = (line: string) =>
  console.error(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`)
const matrix = 'crash-matrix'
const names = values.only?.split(',') ?? [...campaigns.map(({ name }) => name), matrix]
const chosen = names.flatMap((name) => {
  if (name === matrix) return []
  const campaign = [...campaigns, little].find((one) => one.name === name)
  if (!campaign) throw new RangeError(`--only takes some of ${campaigns.map((one) => one.name).join(', ')}, ${matrix}`)
  return campaign
})
const lengthOf = (usual: number) =>
  values.minutes ? Number(values.minutes) * 60_000 : values.long ? 10 * usual : usual

/** Each with a process that starts anew and anew: more than there are processors, as a start waits for others, too. */
const systemsAtOnce = 4

const commandOf = (name: string) =>
  [
    `npm run chaos -- --only ${name} --seed ${seed}`,
    ...(values.beside ? ['--beside'] : []),
    ...(values.subscribers === '4' ? [] : [`--subscribers ${values.subscribers}`]),
    ...(values.minutes ? [`--minutes ${values.minutes}`] : values.long ? ['--long'] : []),
  ].join(' ')

/** @throws RangeError unless there is such a plant */
function planted(name: string): Record<string, string> {
  if (!plants[name]) throw new RangeError(`--plant takes one of ${Object.keys(plants).join(', ')}`)
  return { NODE_OPTIONS: `--import ${join(import.meta.dirname, 'plant-loader.ts')}`, [plantVariable]: name }
}

if (chosen.length > 0) say(`seed ${seed}`)
const servers = values.beside ? await startRedisBeside(shared, say) : await startServers(say)
let closeCampaign = async (): Promise<void> => undefined
whenToldToStop((reason) => {
  say(`ends: ${reason}`)
  void closeCampaign()
    .then(servers.stop)
    .finally(() => process.exit(130))
})

function tell({ campaign: { name }, figures, struck, seconds, findings, failures }: Result): void {
  say(`${name}: ${JSON.stringify({ ...figures, ...struck })} in ${seconds.toFixed(0)} s`)
  for (const [promise, found] of Map.groupBy(findings, (finding) => finding.promise)) {
    for (const { told } of found.slice(0, 20)) say(`  ${promise}: ${told}`)
    say(`  ${found.length} x ${promise}`)
  }
  for (const failure of failures) say(`  ${failure}`)
}

/** Runs a campaign and writes down what came of it. @returns whether all was as it should be: with a plant, something was found */
async function campaignIsWell(campaign: Campaign): Promise<boolean> {
  const result = await runCampaign(campaign, {
    seed,
    servers,
    say,
    lengthMs: lengthOf(campaign.lengthMs),
    subscribersPerSecond: Number(values.subscribers),
    environment: values.plant ? planted(values.plant) : {},
    isPatient: true,
    // Deliver waits two minutes for the answer to a send of a process that is gone; for what a plant loses nobody waits.
    settledWithinMs: values.plant ? 60_000 : 600_000,
    opened: (close) => {
      closeCampaign = close
    },
  })
  tell(result)
  if (values.plant) return result.findings.length > 0
  if (isVoid(result)) say('  no result: events came later than their grace, as the machine was too busy')
  else if (campaign !== little) writeResult(result, commandOf(campaign.name), values.add)
  return result.findings.length === 0
}

/** Kills at the points of the matrix, and writes down what came of it. @returns whether all was as it should be */
async function matrixIsWell(): Promise<boolean> {
  const times = Number(values.times)
  const result = await runCrashMatrix({
    servers,
    say,
    times,
    systems: systemsAtOnce,
    opened: (close) => {
      closeCampaign = close
    },
  })
  for (const cell of result.cells) say(JSON.stringify(cell))
  const faults = result.cells.flatMap((cell) => [
    ...faultsOf(cell),
    ...(cell.kills < times ? [`${cell.purpose}, ${cell.point}: struck ${cell.kills} times only`] : []),
  ])
  for (const fault of faults) say(`  ${fault}`)
  const flags = values.beside ? ' --beside' : ''
  writeCrashMatrix(result, `npm run chaos -- --only ${matrix} --times ${times}${flags}`)
  return faults.length === 0
}

const unwell: string[] = []
try {
  for (const campaign of chosen) {
    try {
      if (!(await campaignIsWell(campaign))) unwell.push(campaign.name)
    } catch (error) {
      unwell.push(campaign.name)
      say(`${campaign.name}: ${error instanceof Error ? error.stack : error}`)
      // It may have left a server down.
      await Promise.all([servers.kafka?.start(), servers.redis.start()])
    }
  }
  if (names.includes(matrix) && !values.plant && !(await matrixIsWell())) unwell.push(matrix)
} finally {
  await servers.stop()
}
say(unwell.length === 0 ? 'all is well' : `not well: ${unwell.join(', ')}`)
if (!values.plant) say(`the results are in ${page}`)
process.exitCode = unwell.length > 0 ? 1 : 0
