import { expect, onTestFinished, test, vi } from 'vitest'
import { runSimulator } from '../counterparts/run-jsmpp.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSmppSender } from './sender-under-test.ts'

// A Java starts for each test, and compiles.
vi.setConfig({ testTimeout: 120_000 })

/** jSMPP's simulator writes its ids in hexadecimal into answers, and in decimal into receipts. */
const settings = { messageIds: { submit: 'hex', receipt: 'decimal' }, answerTimeoutMs: 30_000 } as const

const texts = {
  gsm: 'Hello, 5 GB for €9.90? Reply YES [terms]',
  allOfTheAlphabet: '@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€',
  chinese: '您的余额不足，充值50元送10元',
  emoji: '生日快乐🎂'.repeat(30),
  long: 'Your plan ends soon {renew} for 10€. '.repeat(12),
  bordering: `${'€'.repeat(76)}x€${'y'.repeat(40)}`,
}

async function startSimulator() {
  const simulator = await runSimulator()
  onTestFinished(() => simulator.stop())
  return simulator
}

test('another SMSC reads the texts as they were written, in as many parts as they need, and its receipts are understood', async () => {
  const simulator = await startSimulator()
  const { sender, receipts } = startSmppSender(simulator.url, settings)
  const effects = Object.values(texts).map((text) => effectOf(text))
  const results = await Promise.all(effects.map((effect) => sender.send(effect)))

  expect(results.map(({ outcome }) => outcome.kind)).toEqual(effects.map(() => 'accepted'))
  const parts = [1, 1, 1, 3, 4, 2]
  await waitFor('all parts', () => simulator.submits().length === parts.reduce((sum, count) => sum + count))
  const arrived = effects.map(({ address }) => {
    const own = simulator.submits().filter(({ destination }) => `+${destination}` === address)
    const inOrder = own.toSorted((a, b) => Number.parseInt(a.udh.slice(-2), 16) - Number.parseInt(b.udh.slice(-2), 16))
    return { text: inOrder.map(({ text }) => text).join(''), parts: own.length }
  })
  expect(arrived).toEqual(Object.values(texts).map((text, i) => ({ text, parts: parts[i] })))
  await waitFor('all receipts', () => receipts().length === effects.length)
  expect(
    receipts()
      .map(({ command_id, status }) => `${command_id} ${status}`)
      .toSorted(),
  ).toEqual(effects.map(({ commandId }) => `${commandId} delivered`).toSorted())
})

test('what it is told of a message is what was meant', async () => {
  const simulator = await startSimulator()
  const { sender } = startSmppSender(simulator.url, settings)
  const effect = effectOf('hello', { notAfter: Date.now() + 3_600_000 })
  await sender.send(effect)
  await waitFor('the submit', () => simulator.submits().length === 1)
  expect(simulator.submits()).toMatchObject([
    { source: '10086', source_type: '3/1', destination: effect.address.slice(1), data_coding: 0, esm_class: 0 },
  ])
  expect(simulator.submits()[0]?.validity_period).toMatch(/^0000000(100|059)\d\d000R$/)
})

test('a bind that it refuses is told with the name of the status', async () => {
  const simulator = await startSimulator()
  const { sender, lines } = startSmppSender(simulator.url.replace('secret', 'other'), settings)
  await waitFor('the refusal', () => sender.health().reason.includes('ESME_RINVPASWD'))
  expect(lines.join('')).toContain('KM_SMPP_BIND_REFUSED')
  expect(lines.join('')).not.toContain('other')
})

test('a transmitter, which it takes for nobody, is told as refused', async () => {
  const simulator = await startSimulator()
  const { sender } = startSmppSender(simulator.url, { ...settings, bind: 'pair' })
  await waitFor('the refusal', () => sender.health().reason.includes('refuses the bind'))
  expect(sender.health().ready).toBe(false)
})
