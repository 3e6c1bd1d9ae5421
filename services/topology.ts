/**
 * The map: which service reads and writes which topic, with which schema. Topic creation, consumer wiring, the embedded
 * pipeline and the picture in the README are derived from it or checked against it.
 *
 * Every topic is keyed by subscriber and has the same number of partitions: partition = shard. Apart from six that every
 * process reads as a whole, and that no service has in its flow: km.catalogue, km.workers, km.control, km.budgets,
 * km.tallies and km.channel-health.
 */

/** Event types in their fixed order: ties at one instant are ordered by (event_time, this order, event_id). */
export const eventTypes = [
  'cdr',
  'recharge',
  'complaint',
  'app-usage',
  'order',
  'bill',
  'network',
  'contact',
  'reply',
  'profile',
] as const
export type EventType = (typeof eventTypes)[number]

export const channels = ['sms', 'ivr', 'push', 'desk', 'task'] as const
export type Channel = (typeof channels)[number]

/** Record schemas: `schemas/<name>.avsc`. */
export type SchemaName =
  | EventType
  | 'address'
  | 'moment'
  | 'decision'
  | 'command'
  | 'attempt'
  | 'receipt'
  | 'desk-act'
  | 'prompt-news'
  | 'outcome'
  | 'dead-letter'
  | 'late-event'
  | 'rerun'
  | 'catalogue-version'
  | 'worker-report'
  | 'control'
  | 'tally'
  | 'budget'
  | 'channel-report'

export interface Topic<Name extends SchemaName = SchemaName> {
  readonly name: string
  readonly schema: Name
  readonly doc: string
}

const topic = <Name extends SchemaName>(name: string, schema: Name, doc: string): Topic<Name> => ({
  name: `km.${name}`,
  schema,
  doc,
})

export const topics = {
  events: {
    cdr: topic('events.cdr', 'cdr', 'calls and messages'),
    recharge: topic('events.recharge', 'recharge', 'top-ups'),
    complaint: topic('events.complaint', 'complaint', 'steps of complaint tickets'),
    'app-usage': topic('events.app-usage', 'app-usage', 'data sessions by application'),
    order: topic('events.order', 'order', 'product orders'),
    bill: topic('events.bill', 'bill', 'monthly bills'),
    network: topic('events.network', 'network', 'incidents, fanned out to subscribers'),
    contact: topic('events.contact', 'contact', 'hotline and store contacts'),
    reply: topic('events.reply', 'reply', 'answers to outreach'),
    profile: topic('events.profile', 'profile', 'changed profile fields and consent'),
  },
  addresses: topic('addresses', 'address', 'phone numbers and push tokens; own access rights'),
  moments: topic('moments', 'moment', 'detections with evidence'),
  decisions: topic('decisions', 'decision', 'what was done with each moment, and why'),
  commands: {
    sms: topic('commands.sms', 'command', 'outreach by SMS'),
    ivr: topic('commands.ivr', 'command', 'outreach by voice'),
    push: topic('commands.push', 'command', 'outreach by app push'),
    desk: topic('commands.desk', 'command', 'prompts for hotline agents'),
    task: topic('commands.task', 'command', 'outbound call and store lists'),
  },
  attempts: topic('attempts', 'attempt', "deliver's write-ahead of sends"),
  receipts: topic('receipts', 'receipt', 'what became of commands'),
  deskActs: topic('desk-acts', 'desk-act', 'what people did about tasks and prompts'),
  prompts: topic('prompts', 'prompt-news', 'prompts that agents are shown, and what became of them'),
  outcomes: topic('outcomes', 'outcome', 'what subscribers did afterwards'),
  late: topic('late', 'late-event', 'events later than their grace'),
  deadLetters: topic('dead-letters', 'dead-letter', 'records that could not be handled, with their bytes'),
  reruns: topic('reruns', 'rerun', 'what was done about dead letters: re-run or purged, by whom and why'),
  catalogue: topic('catalogue', 'catalogue-version', 'published versions of the catalogue, on shard 0 in their order'),
  workers: topic('workers', 'worker-report', 'which version of the catalogue each process has'),
  control: topic('control', 'control', 'what operators paused, resumed and cancelled, by whom and why'),
  tallies: topic('tallies', 'tally', 'what outcomes add up to, by shard'),
  budgets: topic('budgets', 'budget', 'what processes were granted of budgets, on shard 0 in their order'),
  channelHealth: topic(
    'channel-health',
    'channel-report',
    'channels that nothing gets through, as each process sees them',
  ),
} as const

/** Topics of events, in the order of their types. */
export const eventTopics = eventTypes.map((type) => topics.events[type])
const events = eventTopics
const commands = channels.map((channel) => topics.commands[channel])

export const allTopics: readonly Topic[] = [
  ...events,
  topics.addresses,
  topics.moments,
  topics.decisions,
  ...commands,
  topics.attempts,
  topics.receipts,
  topics.deskActs,
  topics.prompts,
  topics.outcomes,
  topics.late,
  topics.deadLetters,
  topics.reruns,
  topics.catalogue,
  topics.workers,
  topics.control,
  topics.tallies,
  topics.budgets,
  topics.channelHealth,
]

/** Topics whose records are kept for ever: no time limit, and on Kafka compacted (their keys are unique). */
export const keptTopics: readonly Topic[] = [topics.catalogue, topics.control, topics.budgets]

/** Topics of which the newest record of a key is all that is wanted: compacted on Kafka. It is written again now and then. */
export const newestTopics: readonly Topic[] = [topics.tallies, topics.channelHealth]

/**
 * Topics that have no time limit: what profiles and replies said of consent, which products were ordered, and where subscribers
 * are reached, holds for years, and a state that is lost is made again from them. Their records are changes, each of some fields
 * or of one product: the newest of a key isn't enough.
 */
export const unlimitedTopics: readonly Topic[] = [
  topics.events.order,
  topics.events.reply,
  topics.events.profile,
  topics.addresses,
]

/** A service and its place in the flow. */
export interface ServiceNode {
  readonly name: 'ingest' | 'detect' | 'decide' | 'deliver' | 'desk'
  readonly doc: string
  readonly reads: readonly Topic[]
  readonly writes: readonly Topic[]
  /**
   * Those of its outputs which it adopts after its state went back: what was fired, decided or attempted stays so. Of one
   * commit, the others go to the log first, and these after them in this order.
   */
  readonly adopts: readonly Topic[]
}

export const serviceNodes = {
  ingest: {
    name: 'ingest',
    doc: 'takes events over HTTP and puts them on the log; splits addresses off profiles',
    reads: [],
    writes: [...events, topics.addresses],
    adopts: [],
  },
  detect: {
    name: 'detect',
    doc: 'keeps factors and patterns of each subscriber and notices moments',
    reads: [...events, topics.reruns],
    writes: [topics.moments, topics.late, topics.deadLetters],
    adopts: [topics.moments],
  },
  decide: {
    name: 'decide',
    doc: 'judges each moment under the contact policy',
    // Of one instant, what was said and ordered comes before the moment that it made.
    reads: [
      topics.events.order,
      topics.events.reply,
      topics.events.profile,
      topics.moments,
      topics.receipts,
      topics.reruns,
    ],
    writes: [topics.decisions, ...commands, topics.outcomes, topics.deadLetters],
    // Commands first: a decision on the log has its command there (see decide/adopt.ts), and so has an outcome.
    adopts: [...commands, topics.decisions, topics.outcomes],
  },
  deliver: {
    name: 'deliver',
    doc: 'sends commands through their channels and reports what became of them',
    reads: [topics.commands.sms, topics.commands.ivr, topics.commands.push, topics.addresses, topics.reruns],
    writes: [topics.attempts, topics.receipts, topics.events.reply, topics.deadLetters],
    // Receipts too: what is settled is neither sent nor settled again.
    adopts: [topics.receipts, topics.attempts],
  },
  desk: {
    name: 'desk',
    doc: 'gives tasks and prompts to people and reports what they did',
    // Of one instant, the call comes before the prompt for its agent, and the task before what was done about it.
    reads: [topics.events.contact, topics.commands.desk, topics.commands.task, topics.deskActs, topics.reruns],
    writes: [topics.prompts, topics.receipts, topics.events.reply, topics.deadLetters],
    // What it writes follows from what it reads alone: a replay repeats the same ids, which their readers know.
    adopts: [],
  },
} as const satisfies Record<string, ServiceNode>

export type ServiceName = keyof typeof serviceNodes
