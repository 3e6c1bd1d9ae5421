import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSmppChannel, smppDefaults } from '../../services/deliver/adapters/smpp/smpp.ts'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import { createEdgeIndex, edgeDefaults } from '../../services/deliver/edge-index.ts'
import type { SendEffect, SendResult } from '../../services/deliver/send-effect.ts'
import { createSender } from '../../services/deliver/sender.ts'
import type { DeliverState } from '../../services/deliver/state.ts'
import { createDeliverStep } from '../../services/deliver/step.ts'
import { shardId } from '../../services/domain/ids.ts'
import { openEmbedded } from '../../services/flow/adapters/embedded/open-embedded.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../../services/flow/documents.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { Step } from '../../services/flow/step.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { RecordTypes } from '../../services/records/types.ts'
import { type SchemaName, serviceNodes, type Topic, topics } from '../../services/topology.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { captureLog } from './sender-under-test.ts'

/** Deliver on the embedded engine in `folder`, sending to `url`. */
async function startDeliver(folder: string, url: string) {
  const { log, store, close } = openEmbedded(folder, { shards: 2 })
  const codec = await createCodec(createEmbeddedRegistry(join(folder, 'registry.sqlite')))
  const { log: messages } = captureLog()
  const append = (topic: Topic, value: { readonly subscriber_id: string }) => {
    const bytes = codec.encode(topic as Topic & { schema: SchemaName }, value as RecordTypes[SchemaName])
    return log.append([{ topic: topic.name, key: value.subscriber_id, value: bytes }])
  }
  const sender = createSender({
    name: 'sms',
    channel: createSmppChannel({ ...smppDefaults, url, source: { address: '10086' } }, wallClock, messages),
    edge: createEdgeIndex(store.index('sms'), { ...edgeDefaults, secret: 'a secret of the tests only' }),
    append: async ({ topic, value }) => void (await append(topic, value)),
    clock: wallClock,
    log: messages,
  })
  const step: Step<DeliverState, AnyInput, AnyOutput, SendEffect, SendResult> = createDeliverStep({
    ...deliverDefaults,
    providers: { sms: 'smpp' },
  })
  sender.start()
  const service = await startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
    node: serviceNodes.deliver,
    log,
    store,
    codec,
    clock: wallClock,
    settings: flowDefaults,
    observer: silentObserver,
    createProcessor: () => new DocumentProcessor({ step, reads: serviceNodes.deliver.reads, codec }),
    runEffect: sender.send,
    onFailed: (error) => expect.unreachable(String(error)),
  })

  async function read<Name extends SchemaName>(topic: Topic & { schema: Name }): Promise<RecordTypes[Name][]> {
    const records: RecordTypes[Name][] = []
    const [ends = []] = await log.ends([topic.name])
    for (const [shard, end] of ends.entries()) {
      for await (const batch of log.read(topic.name, shardId(shard), 0, end)) {
        while (batch.next()) records.push(codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd))
      }
    }
    return records
  }

  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= sender
      .drain()
      .then(() => service.stop())
      .then(() => sender.stop())
      .then(close)
    return stopped
  }
  onTestFinished(stop)
  return { append, read, stop }
}

const common = { event_time: 1, source: 'crm' }
const command = (n: number): RecordTypes['command'] => ({
  command_id: `command-${n}`,
  subscriber_id: `subscriber-${n}`,
  issued_at: Date.now(),
  outreach_id: 'o',
  moment_id: 'm',
  decision_id: 'd',
  channel: 'sms',
  purpose: 'marketing',
  rule: 'r',
  text: `message ${n}`,
  language: 'en',
  not_after: Date.now() + 600_000,
  attempt: 1,
})

test('commands on the log become texts at the SMSC and receipts on the log, once each, over a restart too', async () => {
  const smsc = await startSmsc({ options: { 'throttle-every': 7 } })
  const folder = temporaryFolder()
  const first = await startDeliver(folder, smsc.url)
  const numbers = Array.from({ length: 30 }, (_, i) => i)
  for (const n of numbers) {
    const who = { event_id: `a${n}`, subscriber_id: `subscriber-${n}` }
    await first.append(topics.addresses, { ...common, ...who, sms: `+86139000000${10 + n}` } as RecordTypes['address'])
    await first.append(topics.commands.sms, command(n))
    await first.append(topics.commands.sms, command(n)) // a producer that told it twice
  }
  const ids = async (deliver: typeof first, status: string) => {
    const receipts = await deliver.read(topics.receipts)
    const settled = receipts.filter((receipt) => receipt.status === status)
    return new Set(settled.map(({ command_id }) => command_id)).size
  }
  await waitFor('all accepted and delivered', async () => {
    return (await ids(first, 'accepted')) === 30 && (await ids(first, 'delivered')) === 30
  })
  expect(await first.read(topics.attempts)).toHaveLength(30)
  await first.stop()

  const second = await startDeliver(folder, smsc.url)
  for (const n of [0, 1, 2, 30]) await second.append(topics.commands.sms, command(n)) // known ones, and one without address
  await waitFor('the failure', async () => (await ids(second, 'failed')) === 1)
  expect((await second.read(topics.receipts)).find(({ status }) => status === 'failed')).toMatchObject({
    command_id: 'command-30',
    code: 'no-address',
  })
  await second.stop()
  await smsc.tookAtLeast(numbers.length)
  expect(
    smsc
      .taken()
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(numbers.map((n) => `message ${n}`).toSorted())
  expect(smsc.submits().flatMap(({ flaws }) => flaws)).toEqual([])
})
