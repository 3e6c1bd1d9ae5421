import { Redis } from 'ioredis'
import { type Topic, topics } from '../../../services/topology.ts'
import type { EngineResult } from '../engine.ts'
import { isDone, isShared, startEngine, untilEngines } from '../engine-process.ts'
import { appendAll } from '../fill.ts'
import { onLog, recordsOf } from '../on-log.ts'
import { cpuSecondsOf } from '../process-cpu.ts'
import { infoOf, rewriteFile } from '../redis-figures.ts'
import type { BenchServers } from '../servers.ts'
import { shards } from '../settings.ts'
import { createTally, type Tally } from './in-process.ts'
import { type DecideJob, jobStart, recordsFor } from './job.ts'
import { type Watched, withDecideSetting } from './setting.ts'

export interface DecideRun extends EngineResult {
  /** On the log, as its consumers find them. */
  readonly moments: number
  readonly commands: number
  readonly tally: Tally
  /** From before decide claims its shards until all is on the log. */
  readonly redisCpuSeconds: number
  readonly brokerCpuSeconds: number
  /** Of detect, which stands by. */
  readonly detectCpuSeconds: number
}

/** One process of decide over all that lies on the log: from its first batch until the last group is durable and its outputs are there. */
export async function runThroughput(job: DecideJob, watched: Watched, profileFolder?: string): Promise<DecideRun> {
  const clock = new Date(jobStart).toISOString()
  return withDecideSetting(clock, watched, async ({ servers, detectPid, detectIsDone, settings, children }) => {
    watched.say(`puts ${job.profiles.length + job.rest.length} records on the log`)
    await onLog(servers, (log, codec) => appendAll(log, recordsFor(codec, job, job.profiles)))
    await detectIsDone()
    await onLog(servers, (log, codec) => appendAll(log, recordsFor(codec, job, job.rest)))
    const redis = new Redis(servers.redisUrl)
    try {
      await rewriteFile(redis)
      const engine = await startEngine(settings, profileFolder, 'decide')
      children.push(engine)
      await untilEngines('the shards to be given', [engine], (states) => isShared(states, shards))
      const cpu = async () => ({
        redis: (await infoOf(redis)).cpuSeconds,
        broker: cpuSecondsOf(servers.kafkaPid),
        detect: cpuSecondsOf(detectPid),
      })
      const before = await cpu()
      engine.go()
      const records = job.profiles.length + job.rest.length
      await untilEngines('all records', [engine], (states) => isDone(states, records))
      const after = await cpu()
      return {
        ...(await engine.result()),
        ...(await outputsOn(servers)),
        redisCpuSeconds: after.redis - before.redis,
        brokerCpuSeconds: after.broker - before.broker,
        detectCpuSeconds: after.detect - before.detect,
      }
    } finally {
      redis.disconnect()
    }
  })
}

const commandTopics = Object.values(topics.commands)

const outputsOn = (servers: BenchServers): Promise<Pick<DecideRun, 'moments' | 'commands' | 'tally'>> =>
  onLog(servers, async (log, codec) => {
    const { tally, add } = createTally()
    for await (const { value } of recordsOf(log, codec, topics.decisions)) add(value)
    const count = async (those: readonly Topic[]) =>
      (await log.ends(those.map(({ name }) => name))).flat().reduce((total, end) => total + end, 0)
    return { moments: await count([topics.moments]), commands: await count(commandTopics), tally }
  })
