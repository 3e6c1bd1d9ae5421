import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild } from '../../support/child-process.ts'
import { classPath } from './build.ts'
import { peerPrefix } from './records.ts'

/** Another engine in one way of running it. */
export interface Peer {
  /** As `--only` and topics name it. */
  readonly id: string
  /** As tables name it. */
  readonly name: string
  readonly module: 'flink' | 'kafka-streams'
  readonly arguments: readonly string[]
  /** What its state is measured by. */
  readonly stateIs: string
}

const flink = (backend: string, guarantee: string, ...more: string[]) =>
  ({
    module: 'flink',
    arguments: [`backend=${backend}`, `guarantee=${guarantee}`, ...more],
    stateIs: 'last checkpoint',
  }) as const

const kafkaStreams = (store: string, guarantee: string, ...more: string[]) =>
  ({
    module: 'kafka-streams',
    arguments: [`store=${store}`, `guarantee=${guarantee}`, ...more],
    stateIs: 'states as they are encoded',
  }) as const

/** Those that run the whole job. */
export const peers: readonly Peer[] = [
  { id: 'flink-heap', name: 'Flink, heap state, exactly once', ...flink('hashmap', 'exactly-once') },
  { id: 'flink-rocksdb', name: 'Flink, RocksDB, exactly once', ...flink('rocksdb', 'exactly-once') },
  {
    id: 'kafka-streams-rocksdb',
    name: 'Kafka Streams, RocksDB, exactly once',
    ...kafkaStreams('rocksdb', 'exactly-once'),
  },
]

/** Those whose latency is looked at: exactly once waits for the next checkpoint in Flink, seconds away. */
export const latencyPeers: readonly Peer[] = [
  {
    id: 'flink-5ms',
    name: 'Flink, heap state, at least once, buffers of 5 ms',
    ...flink('hashmap', 'at-least-once', 'buffer=5'),
  },
  { id: 'flink-100ms', name: 'Flink, heap state, at least once, as it is', ...flink('hashmap', 'at-least-once') },
  {
    id: 'kafka-streams',
    name: 'Kafka Streams, RocksDB, exactly once',
    ...kafkaStreams('rocksdb', 'exactly-once', 'cache=yes'),
  },
]

/** The line that a peer prints at its end (`Course.java`). */
export interface PeerResult {
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly warmSeconds: number
  readonly warmCpuSeconds: number
  readonly moments: number
  readonly duplicates: number
  readonly subscribers: number
  readonly stateBytesPerSubscriber: number
  readonly rssBytes: number
}

const mainClass = { flink: 'km1.FlinkJob', 'kafka-streams': 'km1.KafkaStreamsJob' } as const
/** Flink reflects on both. */
const opened = ['--add-opens=java.base/java.util=ALL-UNNAMED', '--add-opens=java.base/java.lang=ALL-UNNAMED']
const heap = { flink: '-Xmx6g', 'kafka-streams': '-Xmx4g' } as const
const patienceMs = 5 * 60_000

export interface PeerRun {
  readonly broker: string
  readonly built: string
  /** Where its moments go, and its group or application; a new one each run. */
  readonly out: string
  readonly records: number
  readonly live?: boolean
}

/** A peer in a process of its own, with a temporary folder that goes with it. */
export async function startPeer(peer: Peer, { broker, built, out, records, live }: PeerRun): Promise<Child> {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-peer-'))
  const given = [`broker=${broker}`, `prefix=${peerPrefix}`, `out=${out}`, `application=${out}`, `folder=${folder}`]
  const child = await startChild('java', [
    heap[peer.module],
    ...opened,
    '-cp',
    classPath(built, peer.module),
    mainClass[peer.module],
    ...given,
    `records=${records}`,
    ...(live ? ['live=yes'] : []),
    ...peer.arguments,
  ])
  void child.exited.then(() => rmSync(folder, { recursive: true, force: true }))
  return child
}

/** @throws Error with what it wrote if it fails or takes more than five minutes */
export async function runPeer(peer: Peer, run: PeerRun): Promise<PeerResult> {
  const child = await startPeer(peer, run)
  const timeout = setTimeout(() => void child.kill('SIGKILL'), patienceMs)
  const { code, signal } = await child.exited
  clearTimeout(timeout)
  const line = child.stdout().trim().split('\n').at(-1)
  if (code !== 0 || !line) throw new Error(`${peer.name} ended with ${code ?? signal}; it wrote:\n${child.output()}`)
  return JSON.parse(line)
}
