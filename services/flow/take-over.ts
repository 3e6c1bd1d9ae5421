import { CodedError } from '../domain/errors.ts'
import type { Topic } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import { decodeOutbox } from './outbox.ts'
import type { Context } from './processor.ts'
import type { Progress } from './progress.ts'
import { createRelay } from './relay.ts'
import { Residents } from './residents.ts'
import type { ShardParts } from './shard-parts.ts'

/** State and log agree again. */
export interface TakenOver {
  /** By output topic, the position behind this shard's outputs. */
  readonly ends: Map<string, number>
  /** Outputs on the log which the state may not have known. */
  readonly adopted: number
  /** Outputs of the outbox that were not on the log yet. */
  readonly relayed: number
}

/**
 * Brings state and log together before a shard goes on: the owner reads its own outputs from the position stored with
 * the state to the end and adopts them (after a rollback there are such), then sends what the outbox holds and the log
 * doesn't. What was fired is fired, what was decided stays decided, what was attempted counts.
 * @throws CodedError KM_STATE_MISSING: nothing was ever committed, yet the log has outputs of this shard;
 *   KM_SHARD_ABORTED: it was stopped before, and the outbox must not be let go of
 */
export async function takeOver<E, R>(
  parts: ShardParts<E, R>,
  progress: Progress,
  context: Context<E>,
): Promise<TakenOver> {
  const { node, shard, log, store, settings, life } = parts
  const { signal } = life
  const { stored } = store

  const logEnds = await log.ends(
    node.writes.map(({ name }) => name),
    signal,
  )
  const ends = new Map(node.writes.map(({ name }, i) => [name, logEnds[i]?.[shard] ?? 0]))
  const hasHistory = node.adopts.some(({ name }) => (ends.get(name) ?? 0) > 0)
  if (stored.sequence === 0 && hasHistory && !settings.acceptStateLoss) {
    throw new CodedError(
      'KM_STATE_MISSING',
      `${node.name}, shard ${shard}: the log has outputs of this shard, but there is no state for it; restore the store, or accept the loss by flow.accept_state_loss`,
    )
  }

  const pending = new Set<string>()
  const outbox = stored.outbox.flatMap((row) => decodeOutbox(row.bytes))
  for (const record of outbox) pending.add(fingerprint(record.topic, record.value))

  let adopted = 0
  for (const topic of node.writes) {
    const to = ends.get(topic.name) ?? 0
    const from = progress.ends[topic.name] ?? (stored.sequence === 0 ? 0 : to)
    const adopts = node.adopts.includes(topic)
    if (from >= to || (!adopts && pending.size === 0)) continue
    for await (const batch of log.read(topic.name, shard, from, to, signal)) {
      const outputs: RecordView[] = []
      while (batch.next()) {
        pending.delete(fingerprint(topic.name, batch.value.subarray(batch.valueStart, batch.valueEnd)))
        if (adopts) outputs.push(copyOf(batch))
      }
      await adoptAll(parts, context, topic, outputs)
      adopted += outputs.length
    }
  }

  const missing = outbox.filter((record) => pending.has(fingerprint(record.topic, record.value)))
  const relay = createRelay(parts, { relayedThrough: 0, ends })
  if (!(await relay.send(stored.sequence, missing))) {
    throw new CodedError('KM_SHARD_ABORTED', 'the shard was stopped before its outbox was on the log')
  }
  return { ends, adopted, relayed: missing.length }
}

async function adoptAll<E, R>(
  { store, processor }: ShardParts<E, R>,
  context: Context<E>,
  topic: Topic,
  outputs: readonly RecordView[],
): Promise<void> {
  const keys = outputs.map(({ key, keyStart, keyEnd }) => key.toString('utf8', keyStart, keyEnd))
  await new Residents(store, processor).forKeys(keys)
  for (const output of outputs) processor.adopt(topic, output, context)
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
