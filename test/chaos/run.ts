import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from '../../deploy/local/server.ts'
import { createRandom, type Random } from '../../services/sample/random.ts'
import type { Simulated } from '../../services/simulate/simulate.ts'
import { runSmsc, type Smsc } from '../counterparts/run-smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import { check, distinctMoments, type Finding } from './check.ts'
import { distinctCommands, endedOf, takenOf } from './check-sends.ts'
import { feed, longestWayMs } from './feed.ts'
import { createFleet, type Fleet, isReady, type Place } from './fleet.ts'
import type { Layout } from './layouts.ts'
import { quietWindows } from './quiet.ts'
import { type Outputs, readOutputs } from './read-log.ts'
import { type Servers, withCluster } from './servers.ts'
import { openSystem, type System, shards } from './system.ts'
import { workload } from './workload.ts'

const second = 1_000

/** What a campaign has in hand while events flow. */
export interface Struck {
  readonly random: Random
  readonly fleet: Fleet
  readonly servers: Servers
  readonly system: System
  readonly smsc: Smsc
  /** How long it may last; milliseconds. */
  readonly lengthMs: number
  readonly say: Say
  /** Counts what was done, for the table. */
  count(what: string): void
}

/** What is done to a system, and what the system is made of. */
export interface Campaign {
  readonly name: string
  /** What it does, for the table. */
  readonly doc: string
  readonly layout: Layout
  /** It lasts no longer than this when nothing else is asked for; milliseconds. */
  readonly lengthMs: number
  /** Longer than all that the campaign holds up. */
  readonly graceMs: number
  readonly smsc?: Readonly<Record<string, string | number>>
  /** By how much clocks are wrong; milliseconds. */
  readonly clocksWrongMs?: number
  /** On a Redis Cluster in place of a single one. */
  readonly onCluster?: boolean
  /** On files of its own in place of Kafka and Redis. */
  readonly isEmbedded?: boolean
  /** Whatever the machine must have for it. */
  prepare?(say: Say): Promise<void>
  /** Added to the environment of a process, each time it starts. */
  environment?(place: Place, folder: string): Promise<Readonly<Record<string, string>>>
  /** Where its files lie; by default a temporary folder. */
  folder?(): Promise<Folder>
  /** Does it, while events flow: they end with it. Then servers must be there again, and processes will be. */
  strike(struck: Struck): Promise<void>
}

export interface Folder {
  readonly path: string
  remove(): Promise<void>
}

export interface Result {
  readonly campaign: Campaign
  readonly struck: Readonly<Record<string, number>>
  readonly figures: Readonly<Record<'events' | 'moments' | 'commands' | 'sent' | 'unknown' | 'repeats', number>>
  readonly findings: readonly Finding[]
  /** Ends of processes by themselves. */
  readonly failures: readonly string[]
  /** See `longestWayMs`. */
  readonly wayMs: number
  readonly seconds: number
}

export interface RunOptions {
  readonly seed: number
  readonly servers: Servers
  readonly say: Say
  readonly lengthMs: number
  readonly subscribersPerSecond: number
  /** Told how to end everything of the campaign that has begun. */
  opened?(close: () => Promise<void>): void
  /** Added to the environment of all processes. */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * Waits until deliver has given up on sends whose process was killed: two minutes. Else a command whose attempt is on the
   * log is accounted for.
   */
  readonly isPatient: boolean
  /** What isn't there so long after the campaign is held to be lost. Milliseconds; by default ten minutes. */
  readonly settledWithinMs?: number
}

/** Of the catalogue's rules. */
const longestAbsenceMs = 15 * second
/** Runs a campaign against a system of its own, and holds what comes of it against an undisturbed run. */
export async function runCampaign(campaign: Campaign, options: RunOptions): Promise<Result> {
  const { seed, say, lengthMs } = options
  const { graceMs } = campaign
  const started = performance.now()
  await campaign.prepare?.(say)
  const quiet = quietWindows(Date.now())
  const counts: Record<string, number> = {}
  /** What ends that which was begun, in the order of beginning. */
  const ends: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | undefined
  async function closeAll(): Promise<void> {
    for (const end of ends.toReversed()) await end()
  }
  const close = () => {
    closing ??= closeAll()
    return closing
  }
  options.opened?.(close)
  try {
    const smsc = await runSmsc({ options: { ...campaign.smsc } })
    ends.push(smsc.stop)
    const servers = campaign.onCluster ? await withCluster(options.servers) : options.servers
    if (servers !== options.servers) ends.push(servers.stop)
    const folder = await (campaign.folder ?? temporaryFolder)()
    ends.push(folder.remove)
    const onServers = campaign.isEmbedded ? undefined : servers
    const system = await openSystem({ servers: onServers, folder: folder.path, smppUrl: smsc.url, graceMs, quiet })
    ends.push(system.close)
    const fleet = await createFleet(system.settingsFile, campaign.layout)
    ends.push(fleet.stop)
    for (const place of fleet.places) {
      place.environment = { ...options.environment, ...(await campaign.environment?.(place, folder.path)) }
    }
    await fleet.startAll()
    await untilReady(fleet)
    say(`${campaign.name}: all processes are ready; events flow`)
    const begin = Date.now() + 2 * second
    const all = workload({ ...options, shards, begin, graceMs })
    // What is spoilt goes past ingest, which refuses it.
    const planned = { ...all, arrivals: all.arrivals.filter(({ spoilt }) => !spoilt || system.append) }
    const ingests = fleet.places.filter(({ services }) => services.includes('ingest'))
    const random = createRandom(seed, 12)
    const count = (what: string) => {
      counts[what] = (counts[what] ?? 0) + 1
    }
    const struck: Struck = { random, fleet, servers, system, smsc, lengthMs, say, count }
    const enough = new AbortController()
    const [accepted] = await Promise.all([
      feed(planned, ingests, system.append, enough.signal),
      campaign
        .strike(struck)
        .then(fleet.startAll)
        .finally(() => enough.abort()),
    ])
    const arrivals = [...accepted.keys()]
    const given = { begin, end: arrivals.at(-1)?.at ?? begin, arrivals }
    // What is due by then is due; absences and what waits for the grace among it.
    const until = given.end + graceMs + longestAbsenceMs + 2 * second
    const expected = await system.simulated(given, until)
    say(`${campaign.name}: all events are there; ${expected.moments.length} moments are expected`)
    while (Date.now() < until) await sleep(second)
    const outputs = await settle(system, fleet, expected, smsc, campaign, options)
    const evidence = {
      workload: given,
      accepted,
      expected,
      outputs,
      submits: smsc.submits(),
      quiet,
      isPatient: options.isPatient,
      clockToleranceMs: 2 * second + (campaign.clocksWrongMs ?? 0),
      knownAfterMs: 10 * second + (campaign.clocksWrongMs ?? 0),
    }
    for (const [service, kills] of Object.entries(fleet.kills)) counts[`kill -9 of ${service}`] = kills
    const { taken } = takenOf(evidence)
    return {
      campaign,
      struck: counts,
      figures: figuresOf(given.arrivals.length, outputs, new Set(taken.map(({ command }) => command.command_id))),
      findings: check(evidence),
      failures: fleet.failures,
      wayMs: longestWayMs(accepted),
      seconds: (performance.now() - started) / second,
    }
  } finally {
    await close()
  }
}

async function temporaryFolder(): Promise<Folder> {
  const path = mkdtempSync(join(tmpdir(), 'keymoment-chaos-'))
  return { path, remove: async () => rmSync(path, { recursive: true, force: true }) }
}

/** @throws Error with the last words of processes that ended instead */
async function untilReady({ places, failures }: Fleet): Promise<void> {
  const areReady = async () => (await Promise.all(places.map(isReady))).every(Boolean)
  try {
    await waitFor('all processes to be ready', areReady, { deadlineMs: 300_000, everyMs: 200 })
  } catch (error) {
    throw new Error(`${error}; ${failures.join('; ') || 'none has ended'}`, { cause: error })
  }
}

/** Waits until all that is expected is there and has come to its end, or until it evidently doesn't. */
async function settle(
  system: System,
  fleet: Fleet,
  expected: Simulated,
  smsc: Smsc,
  campaign: Campaign,
  { say, isPatient, settledWithinMs = 600_000 }: RunOptions,
): Promise<Outputs> {
  const until = Date.now() + settledWithinMs
  let before = -1
  for (;;) {
    const outputs = await system.look(fleet, readOutputs)
    const open = openOf(outputs, expected, isPatient)
    const { moments, decisions, commands, attempts } = outputs
    const size = [moments, decisions, commands, attempts, smsc.submits()].reduce((sum, { length }) => sum + length, 0)
    // What nobody expects may still come: it is looked at twice.
    if (open.length === 0 && size === before) return outputs
    before = size
    if (Date.now() > until) {
      say(`does not settle: ${open.join('; ')}`)
      return outputs
    }
    // A look at the embedded engine's files stops it: it must come to something in between.
    await sleep(campaign.isEmbedded ? 60 * second : second)
  }
}

/** What is still to come. */
function openOf(outputs: Outputs, expected: Simulated, isPatient: boolean): string[] {
  const moments = distinctMoments(outputs)
  const missing = expected.moments.filter(({ moment_id }) => !moments.has(moment_id)).length
  const final = new Set(
    outputs.decisions.filter(({ value }) => value.outcome !== 'deferred').map(({ value }) => value.moment_id),
  )
  const undecided = [...moments.keys()].filter((id) => !final.has(id)).length
  const told = endedOf(outputs, isPatient)
  const untold = [...distinctCommands(outputs).keys()].filter((id) => !told.has(id)).length
  return [
    ...(missing > 0 ? [`${missing} moments are missing`] : []),
    ...(undecided > 0 ? [`${undecided} moments have no decision`] : []),
    ...(untold > 0 ? [`${untold} commands have no receipt`] : []),
  ]
}

function figuresOf(events: number, outputs: Outputs, sent: ReadonlySet<string>): Result['figures'] {
  const accepted = new Set(
    outputs.receipts.filter(({ value }) => value.status !== 'unknown').map(({ value }) => value.command_id),
  )
  const moments = distinctMoments(outputs).size
  const commands = distinctCommands(outputs)
  return {
    events,
    moments,
    commands: commands.size,
    sent: sent.size,
    unknown: [...commands.keys()].filter((id) => !accepted.has(id) && !sent.has(id)).length,
    repeats: outputs.moments.length - moments,
  }
}
