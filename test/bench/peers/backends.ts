import kafkajs from 'kafkajs'
import type { Say } from '../../../deploy/local/server.ts'
import { createKafkaLog } from '../../../services/flow/adapters/kafka/log.ts'
import type { Backend, RunResult } from '../backend.ts'
import { momentLine, readTopic } from '../moments.ts'
import { cpuSecondsOf } from '../process-cpu.ts'
import type { BenchServers } from '../servers.ts'
import { shards } from '../settings.ts'
import { needPeers } from './build.ts'
import { type Peer, runPeer } from './engines.ts'
import { createPeerTopics, fillPeerTopics } from './fill.ts'
import { askOracle, type Verdict } from './oracle.ts'
import { decodePeerMoment } from './records.ts'
import { appendTime, createTopics } from './topics.ts'

export interface Peers {
  readonly backends: readonly Backend[]
  /** The oracle on the peers' topics: once for each set of edges. */
  judge(edges: readonly string[]): Promise<Verdict[]>
  close(): Promise<void>
}

/** The peers on the same broker, their topics filled once; each run begins with an empty topic of moments and no state. */
export async function openPeers(
  servers: BenchServers,
  wanted: readonly Peer[],
  events: number,
  say: Say,
): Promise<Peers> {
  const { kafkaBroker: broker, kafkaPid } = servers
  const built = await needPeers(say)
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await createPeerTopics(admin)
  const records = await fillPeerTopics(broker, events)
  let runs = 0

  async function run(peer: Peer): Promise<RunResult> {
    const out = `km1.moments.${peer.id}.${runs++}`
    await createTopics(admin, [out], appendTime)
    const before = cpuSecondsOf(kafkaPid)
    const result = await runPeer(peer, { broker, built, out, records })
    const brokerCpuSeconds = cpuSecondsOf(kafkaPid) - before
    const moments = await momentsOn(broker, out)
    const { records: done, seconds, cpuSeconds, warmSeconds, warmCpuSeconds, rssBytes, duplicates } = result
    const storedBytes = result.stateBytesPerSubscriber * result.subscribers
    // What Kafka Streams keeps on the broker begins with its application's name.
    const leftover = (await admin.listTopics()).filter((topic) => topic.startsWith(out))
    await admin.deleteTopics({ topics: leftover })
    const measured = { records: done, seconds, cpuSeconds, warmSeconds, warmCpuSeconds, rssBytes, duplicates }
    return { ...measured, moments, storedBytes, brokerCpuSeconds }
  }

  return {
    backends: wanted.map((peer) => ({
      id: peer.id,
      name: peer.name,
      records,
      run: () => run(peer),
      close: async () => undefined,
    })),
    judge: (edges) => askOracle(broker, built, edges),
    close: () => admin.disconnect(),
  }
}

/** What a read_committed consumer sees, once each: at-least-once may write one twice. */
async function momentsOn(broker: string, topic: string): Promise<string[]> {
  const log = await createKafkaLog({ brokers: [broker], clientId: 'bench', shards, topics: [topic] })
  try {
    const lines = new Set<string>()
    await readTopic(log, topic, (batch) => {
      const moment = decodePeerMoment(batch.value.subarray(batch.valueStart, batch.valueEnd))
      lines.add(momentLine(moment.subscriberId, moment.ruleId, moment.ts))
    })
    return [...lines]
  } finally {
    await log.close()
  }
}
