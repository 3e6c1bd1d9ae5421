import { flowDefaults } from '../services/flow/settings.ts'
import { allTopics } from '../services/topology.ts'
import units from '../test/bench/scale/units.json' with { type: 'json' }
import { table } from './table.ts'

/*
 * The arithmetic of docs/scale.md. What was measured comes from test/bench/scale/units.json, which
 * `npm run bench -- --only scale` writes, and from sections of RESULTS.md; what is chosen or assumed is below.
 */

/** A figure of the plan: its value, its unit, and where it is from. */
interface Given {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** A section of test/bench/RESULTS.md; none: assumed, and to be replaced by your own. */
  readonly section?: string
}

const scale = units.section
const referenceJob = 'KM-1: the reference job'
const measured = (what: string, value: number, unit: string, section = scale): Given => ({ what, value, unit, section })
const assumed = (what: string, value: number, unit: string): Given => ({ what, value, unit })

export const given = {
  detectCpu: measured('CPU of detect', 5.9, 's per million events', referenceJob),
  redisCpu: measured('CPU of Redis', 1.31, 's per million events', referenceJob),
  brokerCpu: measured('CPU of the broker, for one read', 1.01, 's per million events', referenceJob),
  memoryBytes: measured('state in memory', 167, 'bytes a subscriber', referenceJob),
  redisBytes: measured('state in Redis', 209, 'bytes a subscriber', referenceJob),
  logBytes: measured('an event on the log, key and value', units.logBytesPerEvent, 'bytes'),
  toRedisBytes: measured('sent to Redis', units.redisBytesReceivedPerEvent, 'bytes an event'),
  fileBytes: measured('append-only file', units.appendOnlyBytesPerEvent, 'bytes an event'),
  momentsShare: measured('moments', 0.0105, 'an event', referenceJob),
  takeOver: measured('take-over after a kill', units.takeOverAfterKillMs / 1_000, 's'),
  peak: assumed('peak: most events in a second to those of the busy hour', 1.5, ''),
  mean: assumed('mean of a day to its busy hour', 0.5, ''),
  busy: assumed('a core may be busy', 0.6, 'of the time'),
  others: assumed('decide and deliver keep, and detect under more rules, beside that', 1, 'times as much'),
  decideCpu: assumed('CPU of decide and deliver', 1, 'ms a moment'),
  baseMemory: assumed('memory of a process without subscribers', 0.4, 'GB'),
  nodeMemory: assumed('data of one Redis node, so that it restarts in minutes', 12, 'GB'),
  copyOnWrite: assumed('memory of a Redis node to its data: fragmentation, and pages copied during a rewrite', 1.8, ''),
  recordBytes: assumed('a record beside key and value', 20, 'bytes'),
  compression: assumed('size of compressed batches (lz4)', 0.5, ''),
  replication: assumed('replicas of a partition', 3, ''),
  retention: assumed('retention of the log', 7, 'days'),
  brokerBytes: assumed('what one broker writes', 100, 'MB/s'),
  brokerPartitions: assumed('replicas of partitions of one broker', 4_000, ''),
  outage: assumed('an outage that is caught up with', 1, 'h'),
} as const satisfies Record<string, Given>

interface Load {
  readonly subscribers: number
  /** A second, in the busy hour. */
  readonly events: number
}

/** What a load takes. All of it is for the peak, unless a name says otherwise. */
interface Plan {
  readonly shards: number
  readonly detectProcesses: number
  readonly decideProcesses: number
  readonly shardsPerProcess: number
  readonly subscribersPerShard: number
  readonly shardMemoryMb: number
  readonly processMemoryGb: number
  readonly redisMasters: number
  readonly redisDataGb: number
  readonly redisMemoryPerNodeGb: number
  readonly redisInMbPerSecond: number
  readonly appendedMbPerSecond: number
  readonly rewriteHeadroomGb: number
  readonly brokers: number
  readonly partitions: number
  readonly logInMbPerSecond: number
  readonly logTb: number
  readonly momentsPerSecond: number
  readonly takeOverBacklog: number
  readonly catchUpMinutes: number
}

/** A shard's share of a process is never far from the others' when there are some of each. */
const shardsPerProcessLeast = 4
/** What the setting takes. */
const shardsMost = 4_096
const shardsLeast = 64

export function planFor({ subscribers, events }: Load): Plan {
  const of = (name: keyof typeof given): number => given[name].value
  const peakEvents = events * of('peak')
  const cores = (cpuPerMillion: number) => (peakEvents / 1e6) * cpuPerMillion
  const detectProcesses = Math.max(2, Math.ceil(cores(of('detectCpu')) / of('busy')))
  const momentsPerSecond = peakEvents * of('momentsShare')
  const decideProcesses = Math.max(2, Math.ceil((momentsPerSecond * of('decideCpu')) / 1_000 / of('busy')))
  const bytesFactor = 1 + of('others')

  const memoryLimit = flowDefaults.memoryBytes
  const byMemory = (subscribers * of('memoryBytes') * bytesFactor) / (memoryLimit / 2)
  const shards = powerOfTwo(Math.max(shardsLeast, shardsPerProcessLeast * detectProcesses, byMemory))
  if (shards > shardsMost) throw new RangeError(`${shards} shards are more than one system has: part it in two`)

  const redisDataGb = (subscribers * of('redisBytes') * bytesFactor) / 1e9
  const redisMasters = Math.max(
    1,
    Math.ceil(cores(of('redisCpu')) / of('busy')),
    Math.ceil(redisDataGb / of('nodeMemory')),
  )
  const perNodeGb = redisDataGb / redisMasters

  const onLog = (of('logBytes') + of('recordBytes')) * of('compression')
  const logIn = (peakEvents * onLog) / 1e6
  const partitions = allTopics.length * shards
  const brokers = Math.max(
    3,
    Math.ceil((logIn * of('replication')) / of('brokerBytes')),
    Math.ceil((partitions * of('replication')) / of('brokerPartitions')),
    Math.ceil(cores(of('brokerCpu')) / of('busy') / 8),
  )
  const capacity = (detectProcesses / of('detectCpu')) * 1e6
  return {
    shards,
    detectProcesses,
    decideProcesses,
    shardsPerProcess: shards / detectProcesses,
    subscribersPerShard: subscribers / shards,
    shardMemoryMb: (subscribers / shards) * of('memoryBytes') * bytesFactor * 1e-6,
    processMemoryGb: of('baseMemory') + ((subscribers / detectProcesses) * of('memoryBytes') * bytesFactor) / 1e9,
    redisMasters,
    redisDataGb,
    redisMemoryPerNodeGb: perNodeGb * of('copyOnWrite'),
    redisInMbPerSecond: (peakEvents * of('toRedisBytes')) / 1e6,
    appendedMbPerSecond: (peakEvents * of('fileBytes')) / 1e6,
    // Two files at once: what has grown to twice the data, and what is written anew.
    rewriteHeadroomGb: 3 * perNodeGb,
    brokers,
    partitions,
    logInMbPerSecond: logIn,
    logTb: (events * of('mean') * onLog * of('replication') * of('retention') * 86_400) / 1e12,
    momentsPerSecond,
    takeOverBacklog: (peakEvents / detectProcesses) * of('takeOver'),
    catchUpMinutes: (events * of('outage') * 60) / (capacity - events),
  }
}

const plannedLoads: readonly Load[] = [
  { subscribers: 1_000_000, events: 10_000 },
  { subscribers: 10_000_000, events: 100_000 },
  { subscribers: 100_000_000, events: 1_000_000 },
]

const rows: readonly (readonly [what: string, digits: number, value: (plan: Plan) => number, how: string])[] = [
  [
    '**shards**',
    0,
    (p) => p.shards,
    `the power of two from ${shardsLeast} on that gives each process ${shardsPerProcessLeast} or more, and a shard at most half of \`flow.memory_mb\``,
  ],
  ['subscribers a shard', 0, (p) => p.subscribersPerShard, 'subscribers / shards'],
  [
    'memory a shard of detect, MB',
    1,
    (p) => p.shardMemoryMb,
    'subscribers a shard x state in memory x 2 for more rules',
  ],
  [
    'processes of detect (a core each)',
    0,
    (p) => p.detectProcesses,
    'events x peak x CPU of detect / how busy a core may be; 2 or more',
  ],
  ['shards a process', 1, (p) => p.shardsPerProcess, 'shards / processes'],
  [
    'memory a process of detect, GB',
    1,
    (p) => p.processMemoryGb,
    'its share of the subscribers x state in memory x 2, and the rest',
  ],
  [
    'moments a second',
    0,
    (p) => p.momentsPerSecond,
    'events x peak x moments an event (under the 100 rules of the reference job)',
  ],
  [
    'processes of decide and deliver',
    0,
    (p) => p.decideProcesses,
    'moments a second x their CPU / how busy a core may be; 2 or more',
  ],
  [
    '**Redis masters**, each with a replica',
    0,
    (p) => p.redisMasters,
    'the greater of CPU (one thread a node) and data / data of one node',
  ],
  ['data in Redis, GB', 1, (p) => p.redisDataGb, 'subscribers x state in Redis x 2 for decide, deliver and more rules'],
  ['memory of a Redis node, GB', 1, (p) => p.redisMemoryPerNodeGb, 'its data x what a rewrite copies'],
  ['to Redis, MB/s in all', 0, (p) => p.redisInMbPerSecond, 'events x peak x bytes; the same again to the replicas'],
  ['append-only files, MB/s in all', 0, (p) => p.appendedMbPerSecond, 'events x peak x bytes'],
  [
    'disk of a Redis node for them, GB',
    1,
    (p) => p.rewriteHeadroomGb,
    'a file of twice the data, when it is rewritten, and the new one',
  ],
  [
    '**brokers**',
    0,
    (p) => p.brokers,
    'the greatest of bytes written, replicas of partitions, and CPU at 8 cores; 3 or more',
  ],
  ['partitions', 0, (p) => p.partitions, `${allTopics.length} topics x shards`],
  ['onto the log, MB/s', 0, (p) => p.logInMbPerSecond, 'events x peak x compressed bytes; three times that is written'],
  ['log on disk, TB', 2, (p) => p.logTb, 'events x mean x compressed bytes x replicas x retention'],
  [
    'events that wait when a process is lost',
    0,
    (p) => p.takeOverBacklog,
    'its share of the peak for the time of a take-over; nobody else waits',
  ],
  [
    'minutes to catch up with an hour of outage',
    0,
    (p) => p.catchUpMinutes,
    "the hour's events / (what all processes can do - what goes on coming)",
  ],
]

const digitsOf = (value: number, digits: number): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** The blocks of docs/scale.md that are calculated. */
export function scaleBlocks(): Readonly<Record<string, string>> {
  const plans = plannedLoads.map(planFor)
  const heads = plannedLoads.map(
    ({ subscribers, events }) => `${digitsOf(subscribers / 1e6, 0)} million, ${digitsOf(events, 0)} events/s`,
  )
  const list = Object.values<Given>(given)
  const from = ({ section }: Given) =>
    section === undefined ? 'assumed' : `[${section}](../test/bench/RESULTS.md#${anchorOf(section)})`
  return {
    units: table(
      ['what', 'value', 'from'],
      list.map((one) => [one.what, `${one.value} ${one.unit}`.trim(), from(one)]),
    ),
    plan: table(
      ['', ...heads, 'how'],
      rows.map(([what, digits, value, how]) => [what, ...plans.map((plan) => digitsOf(value(plan), digits)), how]),
    ),
  }
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
