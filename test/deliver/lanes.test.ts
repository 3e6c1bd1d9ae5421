import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { noHolds } from '../../services/control/holds.ts'
import { createSandboxChannel } from '../../services/deliver/adapters/sandbox/sandbox.ts'
import { createSandboxShelf } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { createSmppChannel, smppDefaults } from '../../services/deliver/adapters/smpp/smpp.ts'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { createDeliverStep } from '../../services/deliver/step.ts'
import { shardId } from '../../services/domain/ids.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { LaneLoad } from '../../services/flow/step.ts'
import type { Platform } from '../../services/platform/platform.ts'
import { startProcess } from '../../services/platform/process.ts'
import type { Command, RecordTypes } from '../../services/records/types.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { type ServiceNode, serviceNodes, type Topic, topics } from '../../services/topology.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { freePorts } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const node: ServiceNode = { ...serviceNodes.deliver, reads: [topics.commands.ivr, ...serviceNodes.deliver.reads] }

/** The real deliver on the embedded engine, texts going to the SMSC at `url`, calls to a sandbox. */
async function startWithTwoChannels(url: string, folder = temporaryFolder(), perSecond = 1_000) {
  const metrics = createMetrics()
  const deliver = createDeliver({
    node,
    open: ({ clock, logger }: Platform) =>
      new Map([
        [
          'sms',
          createSmppChannel(
            { ...smppDefaults, url, source: { address: '10086' }, perSecond, window: 5 },
            clock,
            logger,
          ),
        ],
        [
          'ivr',
          createSandboxChannel(
            { channel: 'sms', deliveryMs: 10, failShare: 0 },
            clock,
            logger,
            createSandboxShelf(500),
          ),
        ],
      ] as const),
  })
  const running = await startProcess({
    settings: await loadSettings(undefined, {
      KEYMOMENT_DATA_DIR: join(folder, 'data'),
      KEYMOMENT_HTTP_PORT: '0',
      KEYMOMENT_SHARDS: '1',
    }),
    deployables: [deliver],
    logger: createLogger('silent'),
    metrics,
  })
  onTestFinished(() => running.stop())
  const { log, codec, channelHealth } = await running.started
  const append = (topic: Topic, values: readonly { readonly subscriber_id: string }[]) =>
    log.append(
      values.map((value) => ({
        topic: topic.name,
        key: value.subscriber_id,
        value: codec.encode(topic as typeof topics.addresses, value as RecordTypes['address']),
      })),
    )
  async function accepted(): Promise<Map<string, number>> {
    const counts = new Map<string, number>()
    const [[end = 0] = []] = await log.ends([topics.receipts.name])
    for await (const batch of log.read(topics.receipts.name, shardId(0), 0, end)) {
      while (batch.next()) {
        const { channel, status } = codec.decode('receipt', batch.value, batch.valueStart, batch.valueEnd)
        if (status === 'accepted') counts.set(channel, (counts.get(channel) ?? 0) + 1)
      }
    }
    return counts
  }
  async function attempts(channel: string): Promise<number> {
    let count = 0
    const [[end = 0] = []] = await log.ends([topics.attempts.name])
    for await (const batch of log.read(topics.attempts.name, shardId(0), 0, end)) {
      while (batch.next()) {
        if (codec.decode('attempt', batch.value, batch.valueStart, batch.valueEnd).channel === channel) count++
      }
    }
    return count
  }
  const queue = async (channel: string, urgency: string, where: string) => {
    const { values } = await metrics.channelQueue.get()
    const found = values.find(
      ({ labels }) => labels.channel === channel && labels.urgency === urgency && labels.where === where,
    )
    return found?.value
  }
  const downSince = (channel: 'sms' | 'ivr') => channelHealth?.downSince(channel)
  return { running, append, accepted, attempts, queue, downSince, metrics }
}

const address = (n: number) => ({
  event_id: `a${n}`,
  subscriber_id: `subscriber-${n}`,
  event_time: 1,
  source: 'crm',
  sms: `+861390000${1000 + n}`,
  ivr: `+861390000${1000 + n}`,
  push: null,
})

const command = (n: number, fields: Partial<Command> = {}): Command => ({
  command_id: `${fields.channel ?? 'sms'}-${fields.purpose ?? 'marketing'}-${n}`,
  subscriber_id: `subscriber-${n}`,
  issued_at: Date.now(),
  outreach_id: 'o',
  moment_id: 'm',
  decision_id: 'd',
  channel: 'sms',
  purpose: 'marketing',
  rule: 'r',
  text: `${fields.purpose ?? 'marketing'} ${n}`,
  language: 'en',
  not_after: Date.now() + 3_600_000,
  attempt: 1,
  ...fields,
})
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

test('a dead channel holds up no other, however much waits for it', { timeout: 120_000 }, async () => {
  const [port = 0] = await freePorts(1) // nobody listens there
  const url = `smpp://keymoment:secret@127.0.0.1:${port}`
  const folder = temporaryFolder()
  const { running, append, accepted, attempts, queue, downSince } = await startWithTwoChannels(url, folder)
  const before = performance.now()
  await append(topics.addresses, numbers(1_200).map(address))
  // More than a shard lets be under way, and all of them before the calls.
  await append(
    topics.commands.sms,
    numbers(1_000).map((n) => command(n)),
  )
  await append(
    topics.commands.ivr,
    numbers(1_200).map((n) => command(n, { channel: 'ivr' })),
  )
  await waitFor('the calls', async () => (await accepted()).get('ivr') === 1_200, { deadlineMs: 50_000 })
  // A send waits for its channel that long: whoever had waited for one would have been later.
  expect(performance.now() - before).toBeLessThan(deliverDefaults.patienceMs)
  expect((await accepted()).get('sms')).toBeUndefined()
  // Nothing that waits for a channel that is away is claimed: nothing of it is in doubt after a crash.
  expect(await attempts('sms')).toBe(0)
  await waitFor('what is held to be told', async () => (await queue('sms', 'marketing', 'held')) === 1_000, {
    deadlineMs: 30_000,
  })
  // Decide hears of it, and chooses other channels where there are any.
  await waitFor('the word that it is down', () => downSince('sms') !== undefined, { deadlineMs: 30_000 })
  expect(downSince('ivr')).toBeUndefined()
  await running.stop()

  // The count is kept with the states, which nobody reads all to count.
  const again = await startWithTwoChannels(url, folder)
  await waitFor(
    'what is held to be told again',
    async () => ((await again.queue('sms', 'marketing', 'held')) ?? 0) > 700,
    {
      deadlineMs: 30_000,
    },
  )

  // And so is who stood in line: they go when the channel is there, not when they look by themselves minutes later.
  const smsc = await startSmsc({ port })
  await waitFor('all texts', async () => (await again.accepted()).get('sms') === 1_000, { deadlineMs: 60_000 })
  await smsc.tookAtLeast(1_000)
  expect(new Set(smsc.taken().map(({ text }) => text)).size).toBe(1_000)
  await waitFor('the word that it is up', () => again.downSince('sms') === undefined, { deadlineMs: 30_000 })
})

test('service goes first through a slow channel, and marketing goes on', { timeout: 120_000 }, async () => {
  const smsc = await startSmsc()
  const { append, accepted } = await startWithTwoChannels(smsc.url, temporaryFolder(), 50)
  await append(topics.addresses, numbers(200).map(address))
  await append(
    topics.commands.sms,
    numbers(200).map((n) => command(n)),
  )
  await waitFor('the first', async () => ((await accepted()).get('sms') ?? 0) > 0)
  await append(
    topics.commands.sms,
    numbers(40).map((n) => command(n, { purpose: 'service' })),
  )
  await waitFor('all', async () => (await accepted()).get('sms') === 240, { deadlineMs: 60_000 })
  await smsc.tookAtLeast(240)
  const texts = smsc.taken().map(({ text }) => text)
  const first = texts.findIndex((text) => text.startsWith('service'))
  const last = texts.findLastIndex((text) => text.startsWith('service'))
  const between = texts.slice(first, last).filter((text) => text.startsWith('marketing')).length
  // Of marketing at most what was inside, and one for every four; behind it much was still waiting.
  expect(between).toBeGreaterThanOrEqual(5)
  expect(between).toBeLessThanOrEqual(20)
  expect(texts.length - last).toBeGreaterThan(20)
})

test('little is claimed ahead of a slow channel, and a small campaign has its turns beside a large one', {
  timeout: 120_000,
}, async () => {
  const smsc = await startSmsc()
  const { append, accepted, attempts } = await startWithTwoChannels(smsc.url, temporaryFolder(), 40)
  await append(topics.addresses, numbers(600).map(address))
  await append(
    topics.commands.sms,
    numbers(500).map((n) => command(n, { campaign: 'large' })),
  )
  await waitFor('the first', async () => ((await accepted()).get('sms') ?? 0) > 0)
  const small = numbers(20).map((n) => n + 500)
  await append(
    topics.commands.sms,
    small.map((n) => command(n, { campaign: 'small' })),
  )
  const isSmall = (text: string) => small.some((n) => text === `marketing ${n}`)
  let claimedMost = 0
  await waitFor(
    'the small campaign',
    async () => {
      // Read in this order, so that what is settled in between doesn't count as claimed.
      const done = (await accepted()).get('sms') ?? 0
      claimedMost = Math.max(claimedMost, (await attempts('sms')) - done)
      return smsc.taken().filter(({ text }) => isSmall(text)).length === small.length
    },
    { deadlineMs: 60_000 },
  )
  // Turn by turn: behind what was inside when it came, one of the other for each of its own.
  expect(smsc.taken().length).toBeLessThan(120)
  // A window of 5 and as many ahead, and what the log was read a moment later.
  expect(claimedMost).toBeLessThanOrEqual(30)
})

describe('a command whose lane is full', () => {
  const step = createDeliverStep({ ...deliverDefaults, providers: { sms: 'test', ivr: 'test' } })
  const at = (loads: Readonly<Record<string, LaneLoad>>) => ({
    now: 1_000,
    clock: 1_000,
    lane: (lane: string) => loads[lane] ?? { room: 1, isClosed: false, waiting: 0 },
  })
  const known = step.handle(step.initial, { type: 'address', value: address(1) }, at({})).state
  const full = { room: 0, isClosed: false, waiting: 10 }
  /** Of the campaign itself. */
  const few = { ...full, waiting: 100 }
  const many = { ...full, waiting: 4_000 }
  test.each([
    { what: 'marketing', load: { 'sms/marketing': full }, becomes: 'waiting' },
    { what: 'marketing', load: { 'sms/service': full }, becomes: 'claimed' },
    { what: 'marketing', load: { 'ivr/marketing': full }, becomes: 'claimed' },
    { what: 'service', load: { 'sms/marketing': full }, becomes: 'claimed' },
    { what: 'service', load: { 'sms/service': full }, becomes: 'waiting' },
    { what: 'regulatory', load: { 'sms/service': full }, becomes: 'waiting' },
    { what: 'care', load: { 'sms/marketing': { ...full, waiting: 4_999 } }, becomes: 'waiting' },
    {
      what: 'care',
      load: { 'sms/marketing': { ...full, waiting: 5_000 }, 'sms/marketing:r': few },
      becomes: 'waiting',
    },
    {
      what: 'care',
      load: { 'sms/marketing': { ...full, waiting: 5_000 }, 'sms/marketing:r': many },
      becomes: 'failed shed',
    },
    {
      what: 'care',
      load: { 'sms/marketing': { ...full, waiting: 10_000 }, 'sms/marketing:r': few },
      becomes: 'failed shed',
    },
    { what: 'service', load: { 'sms/service': { ...full, waiting: 5_000 } }, becomes: 'waiting' },
    {
      what: 'service',
      load: { 'sms/service': { ...full, waiting: 20_000 }, 'sms/service:r': many },
      becomes: 'failed shed',
    },
  ] as const)('$what, $load: $becomes', ({ what, load, becomes }) => {
    const value = command(1, { purpose: what, not_after: 1_000_000 })
    const { state, outputs = [], effects = [] } = step.handle(known, { type: 'command', value }, at(load))
    const receipt = outputs.map(({ value }) => ('status' in value ? `${value.status} ${value.code}` : ''))
    expect(receipt[0] || state.commands[0]?.phase).toBe(becomes)
    expect(effects).toHaveLength(becomes === 'claimed' ? 1 : 0)
    expect(step.inLine?.(state)).toHaveLength(becomes === 'waiting' ? 1 : 0)
  })

  test('looks by itself now and then, and is never shed once it waits', () => {
    const load = { 'sms/marketing': { room: 0, isClosed: false, waiting: 50_000 } }
    const value = command(1, { not_after: wallClock.now() + 3_600_000 })
    let { state } = step.handle(known, { type: 'command', value }, at({ 'sms/marketing': full }))
    for (let i = 0; i < 8; i++) {
      const now = step.nextDue(state)
      state = step.timer(state, { ...at(load), now, clock: now }).state
      const pause = step.nextDue(state) - now
      expect(pause).toBeGreaterThan(120_000)
      expect(pause).toBeLessThanOrEqual(noHolds.lookAgainMs)
    }
    const now = step.nextDue(state)
    expect(step.timer(state, { ...at({}), now, clock: now }).effects).toHaveLength(1)
  })

  test.each([
    ['channel-down', true, 'in line'],
    ['channel-down', false, 'after a pause'],
    ['provider-trouble', true, 'after a pause'],
  ] as const)('once claimed and given back as %s, its channel closed: %s; it goes %s', (code, isClosed, goes) => {
    const value = command(1, { not_after: 3_600_000 })
    const claimed = step.handle(known, { type: 'command', value }, at({}))
    const [{ attemptId, commandId, subscriberId } = { attemptId: '', commandId: '', subscriberId: '' }] =
      claimed.effects ?? []
    const result = { attemptId, commandId, subscriberId, outcome: { kind: 'not-sent', code, detail: null } } as const
    const load = at({ 'sms/marketing': { room: 0, isClosed, waiting: 0 } })
    const { state, outputs, effects } = step.effectResult?.(claimed.state, result, load) ?? claimed
    expect([outputs, effects, state.commands[0]?.phase]).toEqual([[], [], 'waiting'])
    expect(step.inLine?.(state)).toHaveLength(goes === 'in line' ? 1 : 0)
    const called = step.place?.(state, { lane: 'sms/marketing', party: 'r' }, at({}))
    expect(called?.effects ?? []).toHaveLength(goes === 'in line' ? 1 : 0)
  })

  test('is claimed when its turn comes, and one at a time though the subscriber has several', () => {
    let state = known
    for (const n of [1, 2]) {
      const value = command(n, { not_after: 1_000_000, subscriber_id: 'subscriber-1' })
      state = step.handle(state, { type: 'command', value }, at({ 'sms/marketing': full })).state
    }
    const stands = step.inLine?.(state) ?? []
    expect(stands).toEqual(Array(2).fill({ lane: 'sms/marketing', party: 'r' }))
    const room = at({ 'sms/marketing': { ...full, room: 1 } })
    const called = step.place?.(state, { lane: 'sms/marketing', party: 'r' }, room)
    expect(called?.effects).toHaveLength(1)
    expect(step.inLine?.(called?.state ?? state)).toHaveLength(1)
    const due = step.nextDue(state) + 100_000
    expect(step.timer(state, { ...room, now: due, clock: due }).effects).toHaveLength(1)
  })

  test.each([
    [{ room: 0, isClosed: false, waiting: 1 }, 'expired queue-full'],
    [{ room: 0, isClosed: true, waiting: 1 }, 'expired channel-down'],
  ])('with %j until it is too late: %s', (load, becomes) => {
    const loads = at({ 'sms/marketing': load })
    const value = command(1, { not_after: 30_000 })
    const { state } = step.handle(known, { type: 'command', value }, loads)
    const { outputs = [] } = step.timer(state, { ...loads, now: 30_000, clock: 30_000 })
    expect(outputs.map(({ value }) => ('status' in value ? `${value.status} ${value.code}` : ''))).toEqual([becomes])
  })
})
