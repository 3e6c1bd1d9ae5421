import { expect, onTestFinished, test } from 'vitest'
import { runSimulator } from '../counterparts/run-jsmpp.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { selfSignedKey } from '../support/java-keys.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSmppSender } from './sender-under-test.ts'

test('a pair sends through its transmitter, and is told through its receiver', async () => {
  const smsc = await startSmsc()
  const { sender, receipts, appended } = startSmppSender(smsc.url, { bind: 'pair' })
  const effect = effectOf('hello', { address: '+8613912345678' })
  expect((await sender.send(effect)).outcome.kind).toBe('accepted')
  await waitFor('the receipt', () => receipts().length === 1)
  smsc.messageFrom('+8613912345678', 'YES')
  await waitFor('the reply', () => appended.some((value) => 'text' in value && value.text === 'YES'))

  await waitFor('their acknowledgement', () => smsc.events('delivered').length === 2)
  const kinds = new Map(smsc.events('bound').map(({ connection, as }) => [connection, as]))
  expect([...kinds.values()].toSorted()).toEqual(['receiver', 'transmitter'])
  expect(smsc.submits().map(({ connection }) => kinds.get(connection))).toEqual(['transmitter'])
  expect(smsc.events('delivered').map(({ connection }) => kinds.get(connection))).toEqual(['receiver', 'receiver'])
  await sender.stop()
  await waitFor('both unbound', () => smsc.events('unbound').length === 2)
})

test('several binds share the messages, and a receipt is understood on whichever it comes', async () => {
  const smsc = await startSmsc({ options: { elsewhere: 1, 'late-every': 1, 'late-ms': 100 } })
  const { sender, receipts } = startSmppSender(smsc.url, { binds: 3, window: 4 })
  await waitFor('three binds', () => smsc.events('bound').length === 3)
  const effects = Array.from({ length: 24 }, (_, i) => effectOf(`message ${i}`))
  const results = await Promise.all(effects.map((effect) => sender.send(effect)))
  expect(results.map(({ outcome }) => outcome.kind)).toEqual(effects.map(() => 'accepted'))
  await waitFor('all receipts', () => receipts().length === effects.length)
  await smsc.tookAtLeast(effects.length)
  await waitFor('their acknowledgement', () => smsc.events('delivered').length === effects.length)

  expect(
    smsc
      .taken()
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(effects.map(({ text }) => text).toSorted())
  const submitted = new Map(smsc.submits().map(({ message_id, connection }) => [message_id, connection]))
  expect(new Set(submitted.values()).size).toBe(3)
  const told = smsc.events('delivered')
  expect(told.filter(({ message_id, connection }) => submitted.get(`${message_id}`) === connection)).toEqual([])
})

test('of a message that one process sent, another that is bound hears the receipt', async () => {
  const smsc = await startSmsc({ options: { elsewhere: 1 } })
  const one = startSmppSender(smsc.url)
  const other = startSmppSender(smsc.url, {}, { edge: one.edge })
  await waitFor('both binds', () => smsc.events('bound').length === 2)
  const effect = effectOf('hello')
  await one.sender.send(effect)
  await waitFor('the receipt', () => other.receipts().length === 1)
  expect(other.receipts()).toMatchObject([{ command_id: effect.commandId, status: 'delivered' }])
  expect(one.receipts()).toEqual([])
})

test('while one bind is away the others go on', async () => {
  const smsc = await startSmsc({ options: { 'drop-at': 2 } })
  const { sender } = startSmppSender(smsc.url, { binds: 2, window: 1, reconnectMs: { first: 60_000, longest: 60_000 } })
  await waitFor('two binds', () => smsc.events('bound').length === 2)
  const outcomes: string[] = []
  for (let i = 0; i < 6; i++) outcomes.push((await sender.send(effectOf(`message ${i}`))).outcome.kind)
  expect(outcomes).toEqual(['accepted', 'unknown', 'accepted', 'accepted', 'accepted', 'accepted'])
  expect(sender.health()).toMatchObject({ ready: true, reason: 'connection lost' })
})

test.each([
  ['those that Node knows', async (): Promise<string | undefined> => undefined],
  ['that of somebody else', () => selfSignedKey(temporaryFolder())],
] as const)(
  'TLS: with its own certificate the SMSC is known, with %s nothing is bound',
  async (_, others) => {
    const folder = temporaryFolder()
    const ca = await selfSignedKey(folder)
    const simulator = await runSimulator(folder)
    onTestFinished(() => simulator.stop())
    const settings = { messageIds: { submit: 'hex', receipt: 'decimal' }, answerTimeoutMs: 30_000 } as const
    const right = startSmppSender(simulator.url, { ...settings, ca })
    expect((await right.sender.send(effectOf('behind TLS'))).outcome.kind).toBe('accepted')
    await waitFor('the receipt', () => right.receipts().length === 1)

    const wrong = startSmppSender(simulator.url, { ...settings, ca: await others() })
    await waitFor('the refusal', () => wrong.lines.join('').includes('KM_SMPP_UNAVAILABLE'))
    expect(wrong.sender.health()).toMatchObject({ ready: false, reason: expect.stringContaining('SELF_SIGNED_CERT') })
    const { outcome } = await wrong.sender.send(effectOf('to nobody', { giveUpAt: Date.now() + 200 }))
    expect(outcome).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
    expect(simulator.submits().map(({ text }) => text)).toEqual(['behind TLS'])
  },
  120_000,
)
