/** The hot path in the order in which a record passes through it, and what is beside it. */
export const stages = [
  'fetch',
  'merge',
  'decode',
  'load',
  'step',
  'shard',
  'commit',
  'relay',
  'sockets',
  'garbage collection',
  'rest',
] as const
export type Stage = (typeof stages)[number]

export const meanings: Readonly<Record<Stage, string>> = {
  fetch: 'kafkajs and the Kafka adapter: requests, record batches read in place',
  merge: 'heads checked, topics merged by time',
  decode: 'the fields that rules read, out of the Avro bytes',
  load: 'states that are not in memory; none in a run from an empty state',
  step: 'detect: duplicates, factors, patterns, conditions, timers, moments made',
  shard: 'the loop over records, clock, due timers',
  commit: 'groups as commands of Redis, replies',
  relay: 'outputs to Kafka',
  sockets: "Node's own reading and writing that no stage called",
  'garbage collection': 'of the main thread',
  rest: 'metrics, timers of Node, natives without a caller',
}

/** A place in a stack, as CPU profiles name it. */
export interface Frame {
  readonly functionName: string
  readonly url: string
}

interface Rule {
  readonly stage: Stage
  readonly file?: RegExp
  readonly name?: RegExp
}

/** Whoever calls, all below it belongs to the stage: what it uses serves other stages, too. */
const whole: readonly Rule[] = [
  {
    stage: 'relay',
    file: /services\/flow\/(relay|outbox)\.ts$|adapters\/kafka\/appender\.ts$|kafkajs\/src\/producer\//,
  },
  { stage: 'load', file: /services\/flow\/residents\.ts$/ },
  { stage: 'load', file: /adapters\/redis\/shard-store\.ts$/, name: /load/ },
]

/** The innermost frame that one of these knows decides. Generated code has no file: its caller's stage is its own. */
const innermost: readonly Rule[] = [
  { stage: 'decode', file: /^$/, name: /^project$/ },
  { stage: 'decode', file: /services\/(records\/(?!envelope)|detect\/event-readers)/ },
  { stage: 'merge', file: /services\/flow\/(merge|merge-buffers|stage|head-check|feed-delay)\.ts$|records\/envelope/ },
  {
    stage: 'commit',
    file: /services\/flow\/(committer|group|progress)\.ts$|adapters\/redis\/|\/ioredis\/|redis-parser/,
  },
  { stage: 'fetch', file: /adapters\/kafka\/|\/kafkajs\// },
  { stage: 'step', file: /services\/(detect|rules|domain)\// },
  { stage: 'shard', file: /services\/flow\// },
]

const fits = ({ file, name }: Rule, { url, functionName }: Frame): boolean =>
  (file === undefined || file.test(url)) && (name === undefined || name.test(functionName))

/** The stage of a sample: its stack from the innermost frame outwards. */
export function stageOf(stack: readonly Frame[]): Stage {
  if (stack[0]?.functionName === '(garbage collector)') return 'garbage collection'
  for (const rule of whole) if (stack.some((frame) => fits(rule, frame))) return rule.stage
  for (const frame of stack) {
    const rule = innermost.find((one) => fits(one, frame))
    if (rule) return rule.stage
  }
  const isSocket = stack.some(({ url }) => /^node:(net|internal\/stream|stream)/.test(url))
  return isSocket ? 'sockets' : 'rest'
}
