import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendRecord, EventLog } from '../../../services/flow/event-log.ts'
import type { Codec } from '../../../services/records/codec.ts'
import { topics } from '../../../services/topology.ts'
import { startChild } from '../../support/child-process.ts'
import { isDone, isShared, startEngine, untilEngines } from '../engine-process.ts'
import { appendAll } from '../fill.ts'
import { onLog, recordsOf } from '../on-log.ts'
import { type Percentiles, percentiles } from '../percentiles.ts'
import { cpuSecondsOf } from '../process-cpu.ts'
import { shards } from '../settings.ts'
import type { PaceResult } from './pace.ts'
import { type DecideSetting, type Watched, withDecideSetting } from './setting.ts'
import { profiles } from './stream.ts'

export interface LatencyPlan {
  readonly perSecond: number
  readonly seconds: number
  /** Of them, left out at the beginning: the compilers are still at work. */
  readonly skip: number
  readonly subscribers: number
  readonly seed: number
}

export interface DecideLatency extends Answers {
  readonly load: PaceResult
  /** Of decide over the seconds that count, per second. */
  readonly cpuShare: number
  readonly brokerCpuShare: number
}

/** What became of the moments of the seconds that count. */
interface Answers {
  readonly moments: number
  readonly commands: number
  /** From when the broker appended a moment until it appended the command that answers it. Milliseconds. */
  readonly toCommand: Percentiles
  /** Until it appended the decision, whatever it was. */
  readonly toDecision: Percentiles
  /** Without any decision. */
  readonly undecided: number
}

/** From when the load is ready until its first moment. Milliseconds. */
const beforeMs = 500
/** After the last moment, until its command is there. */
const afterMs = 5_000
const readyWithinMs = 60_000

/** Decide under a steady load, by the time of day, for subscribers who have noon: nothing is deferred. */
export async function runLatency(plan: LatencyPlan, watched: Watched): Promise<DecideLatency> {
  const { perSecond, seconds, skip, subscribers, seed } = plan
  return withDecideSetting('', watched, async (setting) => {
    const { servers, detectIsDone, settings, children } = setting
    await onLog(servers, (log, codec) => appendProfiles(log, codec, plan))
    await detectIsDone()
    const engine = await startEngine(settings, undefined, 'decide')
    children.push(engine)
    await untilEngines('the shards to be given', [engine], (states) => isShared(states, shards))
    engine.go()
    const knowsAll = 'decide to know the profiles, and that detect keeps up'
    await untilEngines(knowsAll, [engine], (all) => isDone(all, subscribers) && all.every(({ heard }) => heard))

    const load = await startPace(setting, [seconds, perSecond, subscribers, seed])
    const from = Date.now() + beforeMs
    load.write(String(from))
    load.end()
    await sleep(from + 1_000 * skip - Date.now())
    const cpu = () => [cpuSecondsOf(engine.pid), cpuSecondsOf(servers.kafkaPid)] as const
    const before = cpu()
    await sleep(from + 1_000 * seconds - Date.now())
    const after = cpu()
    const { code, signal } = await load.exited
    if (code !== 0) throw new Error(`the load ended with ${code ?? signal}; it wrote:\n${load.output()}`)
    const sent: PaceResult = JSON.parse(load.stdout().trim().split('\n').at(-1) ?? '')
    await untilEngines('all records', [engine], (states) => isDone(states, subscribers + sent.sent))
    await sleep(afterMs)
    const share = (i: 0 | 1) => (after[i] - before[i]) / (seconds - skip)
    const answers = await onLog(servers, (log, codec) => readAnswers(log, codec, from + 1_000 * skip))
    return { ...answers, load: sent, cpuShare: share(0), brokerCpuShare: share(1) }
  })
}

async function startPace({ servers, children }: DecideSetting, numbers: readonly number[]) {
  const { kafkaBroker, registryUrl } = servers
  const script = join(import.meta.dirname, 'pace.ts')
  const load = await startChild(process.execPath, [script, kafkaBroker, registryUrl, ...numbers.map(String)])
  children.push({ kill: () => load.kill('SIGKILL') })
  await load.waitForLine(/^ready$/, readyWithinMs)
  return load
}

function appendProfiles(log: EventLog, codec: Codec, { seed, subscribers }: LatencyPlan): Promise<void> {
  const now = Date.now()
  const people = { seed, subscribers, moments: 0, zone: zoneOfNoon(new Date(now).getUTCHours()) }
  const topic = topics.events.profile
  function* records(): Generator<AppendRecord> {
    for (const profile of profiles(people, now - 60_000)) {
      yield { topic: topic.name, key: profile.subscriber_id, value: codec.encode(topic, profile) }
    }
  }
  return appendAll(log, records())
}

/** A zone in which it is between noon and one. */
export function zoneOfNoon(utcHours: number): string {
  const ahead = 12 - utcHours
  // Etc counts westwards.
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`
}

/** Joins moments that were detected from `since` on with what answered them. */
async function readAnswers(log: EventLog, codec: Codec, since: number): Promise<Answers> {
  const appended = new Map<string, number>()
  for await (const { value, appendedAt } of recordsOf(log, codec, topics.moments)) {
    if (value.detected_at >= since) appended.set(value.moment_id, appendedAt)
  }
  const toCommand: number[] = []
  for (const topic of Object.values(topics.commands)) {
    for await (const { value, appendedAt } of recordsOf(log, codec, topic)) {
      // What takes a command back is no answer to its moment.
      const at = value.cancelled_because == null ? appended.get(value.moment_id) : undefined
      if (at !== undefined) toCommand.push(appendedAt - at)
    }
  }
  const toDecision: number[] = []
  for await (const { value, appendedAt } of recordsOf(log, codec, topics.decisions)) {
    const at = value.outcome === 'withdrawn' ? undefined : appended.get(value.moment_id)
    if (at !== undefined) toDecision.push(appendedAt - at)
  }
  return {
    moments: appended.size,
    commands: toCommand.length,
    toCommand: percentiles(toCommand),
    toDecision: percentiles(toDecision),
    undecided: appended.size - toDecision.length,
  }
}
