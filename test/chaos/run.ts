import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from '../../deploy/local/server.ts'
import { createRandom, type Random } from '../../services/sample/random.ts'
import type { Simulated } from '../../services/simulate/simulate.ts'
import { type ServiceName, topics } from '../../services/topology.ts'
import { runSmsc, type Smsc } from '../counterparts/run-smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import { check, distinctMoments, type Finding } from './check.ts'
import { distinctCommands, takenOf } from './check-sends.ts'
import { feed } from './feed.ts'
import { createFleet, type Fleet, type Place } from './fleet.ts'
import { quietWindows } from './quiet.ts'
import { type Outputs, readOutputs } from './read-log.ts'
import type { Servers } from './servers.ts'
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
  /** By process, its services. */
  readonly layout: readonly (readonly ServiceName[])[]
  /** It lasts no longer than this when nothing else is asked for; milliseconds. */
  readonly lengthMs: number
  /** Longer than all that the campaign holds up. */
  readonly graceMs: number
  readonly smsc?: Readonly<Record<string, string | number>>
  /** By how much clocks are wrong; milliseconds. */
  readonly clocksWrongMs?: number
  readonly settings?: Readonly<Record<string, unknown>>
  /** Does it, while events flow: they end with it. Then servers must be there again, and processes will be. */
  strike(struck: Struck): Promise<void>
}

export interface Result {
  readonly campaign: Campaign
  readonly struck: Readonly<Record<string, number>>
  readonly figures: Readonly<Record<'events' | 'moments' | 'commands' | 'sent' | 'unknown' | 'repeats', number>>
  readonly findings: readonly Finding[]
  /** Ends of processes by themselves. */
  readonly failures: readonly string[]
  readonly seconds: number
}

export interface RunOptions {
  readonly seed: number
  readonly servers: Servers
  readonly say: Say
  readonly lengthMs: number
  readonly subscribersPerSecond: number
  readonly compileCache: string
}

/** Deliver waits two minutes for the answer to a send of a process that is gone. */
const settledWithinMs = 600_000

/** Runs a campaign against a system of its own, and holds what comes of it against an undisturbed run. */
export async function runCampaign(campaign: Campaign, options: RunOptions): Promise<Result> {
  const { seed, servers, say, lengthMs, compileCache } = options
  const { graceMs } = campaign
  const started = performance.now()
  const smsc = await runSmsc({ options: { ...campaign.smsc } })
  const quiet = quietWindows(Date.now())
  const { settings = {} } = campaign
  const system = await openSystem({ servers, smppUrl: smsc.url, graceMs, quiet, settings })
  const fleet = await createFleet(system.settingsFile, campaign.layout, compileCache)
  const counts: Record<string, number> = {}
  try {
    await fleet.startAll()
    await Promise.all(fleet.places.map(untilReady))
    const begin = Date.now() + 2 * second
    const planned = workload({ ...options, shards, begin, graceMs })
    const { log, codec } = system
    const ingests = fleet.places.filter(({ services }) => services.includes('ingest'))
    const random = createRandom(seed, 12)
    const count = (what: string) => {
      counts[what] = (counts[what] ?? 0) + 1
    }
    const struck: Struck = { random, fleet, servers, system, smsc, lengthMs, say, count }
    const enough = new AbortController()
    const [accepted] = await Promise.all([
      feed(planned, ingests, log, codec, enough.signal),
      campaign.strike(struck).finally(() => enough.abort()),
    ])
    await fleet.startAll()
    const arrivals = [...accepted.keys()]
    const given = { begin, end: arrivals.at(-1)?.at ?? begin, arrivals }
    // What is due by then is due; absences and what waits for the grace among it.
    const until = given.end + graceMs + 30 * second
    const expected = await system.simulated(given, until)
    say(`${campaign.name}: all events are there; ${expected.moments.length} moments are expected`)
    while (Date.now() < until) await sleep(second)
    await settle(system, expected, smsc, say)
    const outputs = await readOutputs(log, codec)
    const evidence = {
      workload: given,
      accepted,
      expected,
      outputs,
      submits: smsc.submits(),
      quiet,
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
      seconds: (performance.now() - started) / second,
    }
  } finally {
    await fleet.stop()
    await smsc.stop()
    await system.close()
  }
}

const untilReady = ({ name, url }: Place): Promise<unknown> =>
  waitFor(`${name} to be ready`, async () => (await fetch(`${url}/readyz`)).ok, { deadlineMs: 180_000, everyMs: 200 })

/** Waits until all that is expected is there and has come to its end, or until it evidently doesn't. */
async function settle(system: System, expected: Simulated, smsc: Smsc, say: Say): Promise<void> {
  const until = Date.now() + settledWithinMs
  for (;;) {
    const before = await sizeOf(system, smsc)
    const outputs = await readOutputs(system.log, system.codec)
    const open = openOf(outputs, expected)
    if (open.length === 0) {
      // What nobody expects may still come.
      await sleep(3 * second)
      if ((await sizeOf(system, smsc)) === before) return
    }
    if (Date.now() > until) return say(`does not settle: ${open.join('; ')}`)
    await sleep(2 * second)
  }
}

/** What is still to come. */
function openOf(outputs: Outputs, expected: Simulated): string[] {
  const moments = distinctMoments(outputs)
  const missing = expected.moments.filter(({ moment_id }) => !moments.has(moment_id)).length
  const final = new Set(
    outputs.decisions.filter(({ value }) => value.outcome !== 'deferred').map(({ value }) => value.moment_id),
  )
  const undecided = [...moments.keys()].filter((id) => !final.has(id)).length
  const told = new Set(outputs.receipts.map(({ value }) => value.command_id))
  const untold = [...distinctCommands(outputs).keys()].filter((id) => !told.has(id)).length
  return [
    ...(missing > 0 ? [`${missing} moments are missing`] : []),
    ...(undecided > 0 ? [`${undecided} moments have no decision`] : []),
    ...(untold > 0 ? [`${untold} commands have no receipt`] : []),
  ]
}

async function sizeOf({ log }: System, smsc: Smsc): Promise<number> {
  const names = [topics.moments, topics.decisions, topics.commands.sms, topics.attempts].map(({ name }) => name)
  return (await log.ends(names)).flat().reduce((sum, end) => sum + end, smsc.child.stdout().length)
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
