import { expect, onTestFinished, test } from 'vitest'
import { wallClock } from '../../services/flow/clock.ts'
import { runHandset } from '../counterparts/ivr/run-handset.ts'
import { startSwitch } from '../counterparts/ivr/switch.ts'
import { waitFor } from '../support/wait-for.ts'
import { startIvrSender } from './ivr-under-test.ts'
import { effectOf } from './sender-under-test.ts'

const offer = 'recording:offer.wav' // five and a half seconds
const keys = { accepted: '1', refused: '2', 'call-back': '3', 'opted-out': '4', agent: '' }
/** Longer than any call here. */
const patient = { deadlineMs: 40_000 }

const callTo = (subscriber: string, text = offer) => {
  const made = effectOf(text, { giveUpAt: wallClock.now() + 60_000 })
  return { ...made, address: `${made.address.slice(0, -2)}${subscriber}` }
}

test('each way in which a call can end is told for what it is, and nobody is called twice', {
  timeout: 300_000,
}, async () => {
  const { url, subscribers, ended, violations } = await startSwitch()
  // One by one: SIPp, as the carrier, confuses calls when some fail while others are answered.
  const { sender, toldOf } = startIvrSender(url, { keys, ringMs: 5_000, lines: 1 })
  const rows = [
    // subscriber, what they hear, the answer to the send, what is told later
    ['busy', offer, 'not-sent busy', ''],
    ['unreachable', offer, 'not-sent unreachable', ''],
    ['trouble', offer, 'not-sent provider-trouble', ''],
    ['unallocated', offer, 'refused unallocated', ''],
    ['declined', offer, 'accepted', 'failed declined'],
    ['noAnswer', offer, 'accepted', 'failed no-reply'],
    ['hangsUp', offer, 'accepted', 'unknown hung-up'],
    ['silent', 'recording:beep.wav', 'accepted', 'delivered'],
    ['presses1', offer, 'accepted', 'delivered 1=accepted'],
    ['presses2', "Good day! Press 1 for one more gigabyte, it's yours.", 'accepted', 'delivered 2=refused'],
    ['presses9Then1', offer, 'accepted', 'delivered 1=accepted'],
    ['late', offer, 'accepted', 'delivered 1=accepted'],
  ] as const
  const calls = rows.map(([who, text, outcome, told]) => ({
    effect: callTo(subscribers[who], text),
    who,
    outcome,
    told,
  }))
  const results = await Promise.all(calls.map(({ effect }) => sender.send(effect)))
  const isTold = () => calls.every(({ effect, told }) => toldOf(effect.commandId).length >= told.length)
  await waitFor('all results', isTold, patient).catch(() => undefined) // what is missing is shown below
  await waitFor('the ends', async () => (await ended()).length === rows.length, patient)

  const seen = results.map(({ outcome }, i) => ({
    who: calls[i]?.who,
    outcome: 'code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind,
    told: toldOf(calls[i]?.effect.commandId ?? ''),
  }))
  expect(seen).toEqual(calls.map(({ who, outcome, told }) => ({ who, outcome, told })))
  const numbers = (await ended()).map(({ dest }) => dest?.split('@')[0])
  expect(numbers.toSorted()).toEqual(calls.map(({ effect }) => effect.address.slice(1)).toSorted())
  expect(await violations()).toEqual([])
  expect(sender.load().inside).toBe(0)
})

test('the call for which the carrier has no line is proof that nothing left', { timeout: 60_000 }, async () => {
  const { url, subscribers } = await startSwitch() // its trunk has four
  const { sender } = startIvrSender(url, { lines: 5 })
  const five = Array.from({ length: 5 }, () => callTo(subscribers.presses1))
  const results = await Promise.all(five.map((effect) => sender.send(effect)))
  const outcomes = results.map(({ outcome }) => ('code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind))
  expect(outcomes.toSorted()).toEqual([...Array(4).fill('accepted'), 'not-sent throttled'])
})

test('no more calls are made at once than there are lines, however soon the next is accepted', {
  timeout: 60_000,
}, async () => {
  const { url, subscribers, ended, events } = await startSwitch()
  const { sender } = startIvrSender(url, { lines: 1 })
  expect(sender.places()).toBe(0) // not connected yet
  await waitFor('the switch', () => sender.places() === 1)
  const first = await sender.send(callTo(subscribers.presses1))
  expect(first.outcome.kind).toBe('accepted')
  expect(sender.places()).toBe(0)
  await Promise.all([callTo(subscribers.hangsUp), callTo(subscribers.busy)].map((effect) => sender.send(effect)))
  await waitFor('three calls', async () => (await ended()).length === 3, patient)
  const steps = (await events()).filter(({ ev }) => ev === 'originate' || ev === 'call_end').map(({ ev }) => ev)
  expect(steps).toEqual(['originate', 'call_end', 'originate', 'call_end', 'originate', 'call_end'])
})

test.each([
  ['while it rings', 'late', false, 'delivered 1=accepted'],
  ['while the message is said', 'presses9Then1', true, 'delivered 1=accepted'],
] as const)(
  'a connection that is lost %s: the call is found again, and its answer is heard',
  {
    timeout: 60_000,
  },
  async (_, who, isAnswered, told) => {
    const { url, subscribers, channels, dropClients, ended, events } = await startSwitch()
    const { sender, toldOf } = startIvrSender(url, { keys, ringMs: 10_000 })
    const effect = callTo(subscribers[who])
    const sent = sender.send(effect)
    await waitFor('the call', async () => (await channels()).some(({ answered }) => answered === isAnswered))
    if (isAnswered) await waitFor('the question', async () => (await events()).some(({ ev }) => ev === 'execute'))
    await dropClients()
    expect((await sent).outcome.kind).toBe('accepted')
    await waitFor('what is told', () => toldOf(effect.commandId) === told, patient)
    await waitFor('its end', async () => (await ended()).length === 1, patient)
  },
)

test('a call that ended while the connection was lost is unknown, and not made again', {
  timeout: 60_000,
}, async () => {
  const { url, subscribers, channels, dropClients, ended } = await startSwitch()
  const { sender, toldOf } = startIvrSender(url, {}, { reconnectMs: { first: 3_000, longest: 3_000 } })
  const effect = callTo(subscribers.hangsUp)
  const sent = sender.send(effect)
  await waitFor('the call', async () => (await channels()).some(({ answered }) => answered))
  await dropClients()
  expect((await sent).outcome.kind).toBe('accepted')
  await waitFor('what is told', () => toldOf(effect.commandId) === 'unknown state-unknown', patient)
  await waitFor('the switch', () => sender.health().ready)
  expect(await ended()).toHaveLength(1)
})

test('a password that is refused is said, and nothing is called', { timeout: 60_000 }, async () => {
  const { url, events, subscribers } = await startSwitch()
  const { sender, lines } = startIvrSender(url.replace('ClueCon', 'geheim'))
  await waitFor('a refusal', () => lines.some((line) => line.includes('KM_ESL_REFUSED')))
  expect(sender.health()).toMatchObject({ ready: false, reason: 'the switch refuses the password of ivr.url' })
  const result = await sender.send({ ...callTo(subscribers.presses1), giveUpAt: wallClock.now() + 300 })
  expect(result.outcome).toMatchObject({ kind: 'not-sent' })
  expect((await events()).filter(({ ev }) => ev === 'originate')).toEqual([])
  expect(lines.join()).not.toContain('geheim')
})

test('a handset of another make hears the message and presses a key', { timeout: 60_000 }, async () => {
  const { url, events } = await startSwitch()
  const handset = await runHandset()
  onTestFinished(() => handset.stop())
  const { sender, toldOf } = startIvrSender(url, {}, { dial: handset.dial })
  const effect = callTo('77')
  expect((await sender.send(effect)).outcome.kind).toBe('accepted')
  await waitFor('sound', async () => (await events()).some(({ name }) => name === 'PLAYBACK_START'))
  await waitFor('some of the message', () => handset.heard().seconds > 2)
  await handset.press('2')
  await waitFor('what is told', () => toldOf(effect.commandId) === 'delivered 2=refused', patient)
  expect(handset.heard().loudness).toBeGreaterThan(0.01)
})
