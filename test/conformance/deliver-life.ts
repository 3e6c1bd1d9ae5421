import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import { createEdgeIndex, edgeDefaults } from '../../services/deliver/edge-index.ts'
import { createPlaces } from '../../services/deliver/places.ts'
import type { SendEffect, SendResult } from '../../services/deliver/send-effect.ts'
import { createSender } from '../../services/deliver/sender.ts'
import type { DeliverState } from '../../services/deliver/state.ts'
import { createDeliverStep } from '../../services/deliver/step.ts'
import { shardId } from '../../services/domain/ids.ts'
import { openEmbedded } from '../../services/flow/adapters/embedded/open-embedded.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../../services/flow/documents.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { Step } from '../../services/flow/step.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import { type SchemaName, serviceNodes, type Topic, topics } from '../../services/topology.ts'
import { captureLog } from '../deliver/sender-under-test.ts'
import type { ChannelCounterpart, ChannelFixture } from './channel-counterpart.ts'
import type { CrashPoint } from './crash-points.ts'

/**
 * Deliver on the embedded engine in `folder`, with the channel of the fixture, from a start to a stop; or to a point where it
 * stops short, as if its process had ended there.
 */
export async function startLife(
  folder: string,
  fixture: ChannelFixture,
  counterpart: ChannelCounterpart,
  crashAt?: CrashPoint,
) {
  const { name } = fixture
  const opened = openEmbedded(folder, { shards: 1 })
  const { store } = opened
  const codec = await createCodec(createEmbeddedRegistry(join(folder, 'registry.sqlite')))
  const messages = captureLog().log
  const crash = Promise.withResolvers<never>()
  crash.promise.catch(() => undefined)
  const reached = Promise.withResolvers<void>()
  /** It goes no further than here. */
  const standStill = (): Promise<never> => {
    reached.resolve()
    return crash.promise
  }

  const log = withAppend(opened.log, (records) => {
    const isAttempt = records.some(({ topic }) => topic === topics.attempts.name)
    if (crashAt === 'before the attempt is logged' && isAttempt) return standStill()
    return opened.log.append(records)
  })
  const append = async (topic: Topic, value: { readonly subscriber_id: string }): Promise<void> => {
    const bytes = codec.encode(topic as Topic & { schema: SchemaName }, value as RecordTypes[SchemaName])
    await opened.log.append([{ topic: topic.name, key: value.subscriber_id, value: bytes }])
  }
  const sender = createSender({
    name,
    channel: counterpart.open(messages),
    edge: createEdgeIndex(store.index(name), { ...edgeDefaults, secret: 'a secret of the tests only' }),
    append: ({ topic, value }) => append(topic, value),
    clock: wallClock,
    log: messages,
    ...(fixture.sender && { settings: fixture.sender }),
  })
  const places = createPlaces(new Map([[name, sender.places]]))
  const step: Step<DeliverState, AnyInput, AnyOutput, SendEffect, SendResult> = createDeliverStep({
    ...deliverDefaults,
    patienceMs: 1_500,
    resultTimeoutMs: 500,
    retryMs: { first: 50, longest: 100 },
    ...fixture.deliver,
    providers: { [name]: 'under-test' },
  })

  async function runEffect(effect: SendEffect): Promise<SendResult> {
    if (crashAt === 'between the log and the send') return standStill()
    const result = await sender.send(effect)
    return crashAt === 'between the answer and the receipt' ? standStill() : result
  }

  const node = serviceNodes.deliver
  sender.start()
  const looking = setInterval(places.look, 20)
  const service = await startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
    node,
    log,
    store,
    codec,
    clock: wallClock,
    settings: { ...flowDefaults, idleMs: 20 },
    observer: silentObserver,
    createProcessor: () => new DocumentProcessor({ step, reads: node.reads, codec }),
    runEffect,
    places,
    recallMs: 300_000,
    onFailed: (error) => crash.reject(error),
  })

  async function read<Name extends SchemaName>(topic: Topic & { schema: Name }): Promise<RecordTypes[Name][]> {
    const records: RecordTypes[Name][] = []
    const [[end = 0] = []] = await opened.log.ends([topic.name])
    for await (const batch of opened.log.read(topic.name, shardId(0), 0, end)) {
      while (batch.next()) records.push(codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd))
    }
    return records
  }

  let ended: Promise<void> | undefined
  const end = (orderly: boolean): Promise<void> => {
    ended ??= (async () => {
      clearInterval(looking)
      if (orderly) await sender.drain()
      else crash.reject(new Error('the process has ended'))
      await service.stop(orderly ? 5_000 : 0)
      await sender.stop()
      await opened.close()
    })()
    return ended
  }
  onTestFinished(() => end(false))
  return {
    append,
    read,
    /** It stands still where it is to crash. */
    reached: reached.promise,
    crash: () => end(false),
    stop: () => end(true),
  }
}

const withAppend = (log: EventLog, append: EventLog['append']): EventLog =>
  new Proxy(log, {
    get(target, key) {
      if (key === 'append') return append
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
