import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Say } from '../../../deploy/local/server.ts'
import { readSettings } from '../../../deploy/local/settings.ts'
import type { EventLog } from '../../../services/flow/event-log.ts'
import type { Codec } from '../../../services/records/codec.ts'
import type { Address, Command } from '../../../services/records/types.ts'
import { topics } from '../../../services/topology.ts'
import { needJsmpp, runSimulator, type Simulator } from '../../counterparts/run-jsmpp.ts'
import type { Child } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import { once } from '../../support/once.ts'
import { waitFor } from '../../support/wait-for.ts'
import { appendAll } from '../fill.ts'
import { startKeymoment } from '../keymoment.ts'
import { lagIsGone } from '../lag.ts'
import { onLog, recordsOf } from '../on-log.ts'
import { type Percentiles, percentiles } from '../percentiles.ts'
import { cpuSecondsOf } from '../process-cpu.ts'
import { infoOf } from '../redis-figures.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { writeSettings } from '../settings.ts'

export interface SmsPlan {
  readonly messages: number
  /** So many commands come to the log a second; undefined: all of them lie there before deliver looks. */
  readonly perSecond: number | undefined
  readonly say: Say
  readonly opened: (open: { close(): Promise<void> }) => void
}

export interface SmsRun {
  readonly messages: number
  /** By the status of their receipts. */
  readonly accepted: number
  /** Up to then: the simulator reports 100 a second at most. */
  readonly delivered: number
  readonly others: number
  /** Submits that the SMSC took of the same number more than once. */
  readonly twice: number
  /** From the SMSC's first answer to its last, by the log's times. */
  readonly perSecond: number
  /** From when the broker appended a command until it appended that the SMSC had taken the message. Milliseconds. */
  readonly toAccepted: Percentiles
  /** CPU seconds for 1,000 messages. */
  readonly cpu: Readonly<Record<'deliver' | 'redis' | 'broker' | 'smsc', number>>
}

/** More than any of the bench asks for: what is measured is the bind, and not the limit. */
const limitPerSecond = 5_000
const patienceMs = 10 * 60_000

/** One process of the shipped deliver on Kafka and Redis, with one bind to jSMPP's simulator, which reports on them. */
export async function runSms({ messages, perSecond, say, opened }: SmsPlan): Promise<SmsRun> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-sms-'))
  let servers: BenchServers | undefined
  let simulator: Simulator | undefined
  let deliver: Child | undefined
  const close = once(async () => {
    await deliver?.kill('SIGKILL')
    await simulator?.stop()
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  })
  opened({ close })
  try {
    const up = await startBenchServers(say)
    servers = up
    const smsc = await runSimulator(undefined, await needJsmpp(readSettings().cacheFolder, say))
    simulator = smsc
    const port = await freePort()
    const settings = writeSettings(root, {
      http: { port },
      kafka: { brokers: [up.kafkaBroker] },
      redis: { url: up.redisUrl },
      schema_registry: { url: up.registryUrl },
      secret: 'a secret for the benchmark',
      catalogue: { dir: '', watch: false },
      clock: { start: '', factor: 1 },
      sms: { channel: 'smpp' },
      smpp: { url: smsc.url, per_second: limitPerSecond, answer_ids: 'hex', receipt_ids: 'decimal' },
    })
    return await onLog(up, async (log, codec) => {
      await appendAll(log, addressesOn(codec, messages))
      if (perSecond === undefined) await appendAll(log, commandsOn(codec, 0, messages))
      const process = await startKeymoment('deliver', settings, port)
      deliver = process
      const cpu = await usedBy(up, smsc, process)
      if (perSecond !== undefined) {
        await lagIsGone('deliver', `http://127.0.0.1:${port}`)
        await pace(log, codec, messages, perSecond)
      }
      const areTold = async () => (await toldBy(port)) >= messages
      await waitFor('all messages to be taken', areTold, { deadlineMs: patienceMs, everyMs: 500 })
      const after = await usedBy(up, smsc, process)
      const perThousand = (name: keyof SmsRun['cpu']) => ((after[name] - cpu[name]) / messages) * 1_000
      return {
        ...(await toldOn(log, codec, smsc, messages)),
        cpu: {
          deliver: perThousand('deliver'),
          redis: perThousand('redis'),
          broker: perThousand('broker'),
          smsc: perThousand('smsc'),
        },
      }
    })
  } finally {
    await close()
  }
}

const subscriber = (n: number) => `subscriber-${n}`
const numberOf = (n: number) => `49151${20_000_000 + n}`

function* addressesOn(codec: Codec, messages: number) {
  for (let n = 0; n < messages; n++) {
    const about = { event_id: `address-${n}`, subscriber_id: subscriber(n), event_time: Date.now(), source: 'bench' }
    const value: Address = { ...about, sms: `+${numberOf(n)}`, ivr: null, push: null }
    yield { topic: topics.addresses.name, key: subscriber(n), value: codec.encode(topics.addresses, value) }
  }
}

/** Commands from number `from` up to, not including, `to`: each of a subscriber of its own. */
function* commandsOn(codec: Codec, from: number, to: number) {
  for (let n = from; n < to; n++) {
    const now = Date.now()
    const value: Command = {
      command_id: `command-${n}`,
      subscriber_id: subscriber(n),
      issued_at: now,
      outreach_id: `outreach-${n}`,
      moment_id: `moment-${n}`,
      decision_id: `decision-${n}`,
      channel: 'sms',
      purpose: 'marketing',
      rule: 'bench',
      text: `Message ${n}: 5 GB for 5 EUR until Sunday. Reply STOP to opt out.`,
      language: 'en',
      not_after: now + 3_600_000,
      attempt: 1,
    }
    yield { topic: topics.commands.sms.name, key: subscriber(n), value: codec.encode(topics.commands.sms, value) }
  }
}

const tickMs = 10

async function pace(log: EventLog, codec: Codec, messages: number, perSecond: number): Promise<void> {
  const started = performance.now()
  for (let given = 0; given < messages; ) {
    const due = Math.min(messages, Math.floor(((performance.now() - started) / 1_000) * perSecond))
    if (due > given) await log.append([...commandsOn(codec, given, due)])
    given = Math.max(given, due)
    await sleep(tickMs)
  }
}

/** Of so many it is known whether the SMSC took them. */
async function toldBy(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const receipts = [...text.matchAll(/^keymoment_receipts_total\{channel="sms",status="(\w+)"\} (\d+)$/gm)]
  return receipts.reduce((sum, [, status, count]) => sum + (status === 'delivered' ? 0 : Number(count)), 0)
}

async function toldOn(log: EventLog, codec: Codec, smsc: Simulator, messages: number): Promise<Omit<SmsRun, 'cpu'>> {
  const commandedAt = new Map<string, number>()
  for await (const { value, appendedAt } of recordsOf(log, codec, topics.commands.sms)) {
    commandedAt.set(value.command_id, appendedAt)
  }
  const byStatus = new Map<string, number>()
  const acceptedAt: number[] = []
  const delays: number[] = []
  for await (const { value, appendedAt } of recordsOf(log, codec, topics.receipts)) {
    byStatus.set(value.status, (byStatus.get(value.status) ?? 0) + 1)
    if (value.status !== 'accepted') continue
    acceptedAt.push(appendedAt)
    delays.push(appendedAt - (commandedAt.get(value.command_id) ?? Number.NaN))
  }
  const { accepted = 0, delivered = 0, ...rest } = Object.fromEntries(byStatus)
  const numbers = new Map<string, number>()
  for (const { destination } of smsc.submits()) numbers.set(destination, (numbers.get(destination) ?? 0) + 1)
  const [first, last] = acceptedAt.reduce(
    ([least, most], at) => [Math.min(least, at), Math.max(most, at)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  return {
    messages,
    accepted,
    delivered,
    others: Object.values(rest).reduce((sum, count) => sum + count, 0),
    twice: [...numbers.values()].filter((count) => count > 1).length,
    perSecond: acceptedAt.length / ((last - first) / 1_000),
    toAccepted: percentiles(delays),
  }
}

async function usedBy({ redisUrl, kafkaPid }: BenchServers, { child }: Simulator, deliver: Child) {
  const redis = new Redis(redisUrl)
  try {
    return {
      deliver: cpuSecondsOf(deliver.pid),
      redis: (await infoOf(redis)).cpuSeconds,
      broker: cpuSecondsOf(kafkaPid),
      smsc: cpuSecondsOf(child.pid),
    }
  } finally {
    redis.disconnect()
  }
}
