import { CodedError } from '../domain/errors.ts'
import type { Topic } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import { logGap } from './log-gap.ts'
import { decodeOutbox } from './outbox.ts'
import type { Context } from './processor.ts'
import type { Progress } from './progress.ts'
import type { Relay } from './relay.ts'
import type { Residents } from './residents.ts'
import { aborted, type ShardParts } from './shard-parts.ts'
import { type Extents, extentsOf, stateLoss } from './state-loss.ts'

/** What a shard takes over with. */
export interface TakingOver<Effect> {
  readonly progress: Progress
  /** By input topic; one that is read since a later release is set to where the log begins. */
  readonly positions: number[]
  readonly context: Context<Effect>
  readonly residents: Residents
  /** Its ends are set to where the state begins to know nothing of the log, and at last to the log's ends. */
  readonly relay: Relay
  /** By output topic, the position up to which outputs behind the relay's ends were adopted; at last nothing. */
  readonly reached: Map<string, number>
  /** Makes durable what was adopted so far, and keeps to the limit of memory. */
  save(): Promise<void>
}

/** State and log agree again. */
export interface TakenOver {
  /** Outputs on the log which the state may not have known. */
  readonly adopted: number
  /** Outputs of the outbox that were not on the log yet. */
  readonly relayed: number
}

/**
 * Brings state and log together before a shard goes on: the owner reads its own outputs from the position stored with
 * the state to the end and adopts them (after a rollback there are such), then sends what the outbox holds and the log
 * doesn't. What was fired is fired, what was decided stays decided, what was attempted counts.
 *
 * After a long rollback these are many, so they are saved some at a time, with the position up to which they are adopted. The
 * ends that are stored stay where they were until all is done: behind them is looked for what the outbox holds.
 * @throws CodedError KM_STATE_MISSING: nothing was ever committed, yet this shard has history; KM_LOG_GAP: the log has dropped
 *   records that the state doesn't know; KM_SHARD_ABORTED: it was stopped before, and the outbox must not be let go of
 */
export async function takeOver<E, R>(parts: ShardParts<E, R>, taking: TakingOver<E>): Promise<TakenOver> {
  const { node, shard, log, store, life } = parts
  const { stored } = store
  const { progress, relay, reached } = taking
  const names = node.writes.map(({ name }) => name)

  const extents = (await extentsOf(log, node, life.signal))[shard] as Extents
  refuseLoss(parts, progress, extents)
  for (const [topic, { name }] of node.reads.entries()) {
    if (!(name in progress.positions)) taking.positions[topic] = extents.begins.get(name) ?? 0
  }
  const ends = new Map(names.map((name) => [name, extents.ends.get(name) ?? 0]))
  for (const [name, end] of ends) relay.ends.set(name, progress.ends[name] ?? (stored.sequence === 0 ? 0 : end))
  for (const [name, position] of Object.entries(progress.adopted ?? {})) reached.set(name, position)

  const pending = new Set<string>()
  const outbox = stored.outbox.flatMap((row) => decodeOutbox(row.bytes))
  for (const record of outbox) pending.add(fingerprint(record.topic, record.value))

  const adoption = new Adoption(parts, taking)
  for (const topic of node.writes) {
    const { name } = topic
    const from = relay.ends.get(name) ?? 0
    const to = ends.get(name) ?? 0
    const adopts = node.adopts.includes(topic)
    const unknownFrom = adopts ? Math.max(from, reached.get(name) ?? 0) : to
    const start = pending.size > 0 ? from : unknownFrom
    if (start >= to) continue
    for await (const batch of log.read(name, shard, start, to, life.signal)) {
      while (batch.next()) {
        pending.delete(fingerprint(name, batch.value.subarray(batch.valueStart, batch.valueEnd)))
        if (batch.position >= unknownFrom && adoption.add(batch)) await adoption.adopt(topic)
      }
      await adoption.adopt(topic)
    }
  }
  for (const [name, end] of ends) relay.ends.set(name, end)
  reached.clear()

  const missing = outbox.filter((record) => pending.has(fingerprint(record.topic, record.value)))
  if (!(await relay.send(stored.sequence, missing))) throw aborted()
  return { adopted: adoption.count, relayed: missing.length }
}

/** Adopts outputs in portions: their states are loaded together, and saved when they are as many as a commit takes. */
class Adoption<E, R> {
  readonly #parts: ShardParts<E, R>
  readonly #taking: TakingOver<E>
  #portion: RecordView[] = []
  #unsaved = 0
  count = 0

  constructor(parts: ShardParts<E, R>, taking: TakingOver<E>) {
    this.#parts = parts
    this.#taking = taking
  }

  /** Puts an output to the portion; true: it is full. */
  add(output: RecordView): boolean {
    this.#portion.push(copyOf(output))
    return this.#portion.length >= this.#parts.settings.stageRecords
  }

  async adopt(topic: Topic): Promise<void> {
    const portion = this.#portion
    const last = portion.at(-1)
    if (!last) return
    this.#portion = []
    const { processor, settings } = this.#parts
    const { residents, context, reached, save } = this.#taking
    await residents.forKeys(portion.map(({ key, keyStart, keyEnd }) => key.toString('utf8', keyStart, keyEnd)))
    for (const output of portion) processor.adopt(topic, output, context)
    reached.set(topic.name, last.position + 1)
    this.count += portion.length
    this.#unsaved += portion.length
    if (this.#unsaved < settings.groupRecords && processor.memoryBytes <= settings.memoryBytes) return
    await save()
    this.#unsaved = 0
  }
}

/** What is lost may be put back, or let go of by somebody who says so: never by beginning as if it had never been. */
function refuseLoss<E, R>({ node, store }: ShardParts<E, R>, progress: Progress, extents: Extents): void {
  const loss = stateLoss(node, store.stored.sequence > 0 ? progress : undefined, extents)
  if (loss.kind === 'none') return
  const older = loss.forgotten.join(', ')
  if (loss.kind === 'gap') throw logGap(loss.gaps)
  const reach = older === '' ? 'the log has all of it' : `the log has only the newer part of ${older}`
  throw new CodedError(
    'KM_STATE_MISSING',
    `there is no state, and there is history (${reach}); run keymoment restore, with a snapshot if there is one`,
  )
}

const fingerprint = (topic: string, value: Uint8Array): string =>
  `${topic} ${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`

const copyOf = (view: RecordView): RecordView => ({
  position: view.position,
  appendedAt: view.appendedAt,
  key: view.key,
  keyStart: view.keyStart,
  keyEnd: view.keyEnd,
  value: view.value,
  valueStart: view.valueStart,
  valueEnd: view.valueEnd,
})
