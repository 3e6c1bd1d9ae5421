import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createSmppChannel, smppDefaults } from '../../services/deliver/adapters/smpp/smpp.ts'
import { createWebhookChannel, webhookDefaults } from '../../services/deliver/adapters/webhook/webhook.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import { deliverTimeline } from './deliver-timeline.ts'
import { captureLog, effectOf, startSmppSender } from './sender-under-test.ts'

const number = '+8613912345678'
const smpp = () => createSmppChannel({ ...smppDefaults, url: 'smpp://a:b@127.0.0.1:1' }, wallClock, captureLog().log)
const gateway = (channel: 'sms' | 'push') => {
  const url = 'http://127.0.0.1:1/'
  const settings = { ...webhookDefaults, channel, url, secret: 'a secret', perSecond: 1, connections: 1 }
  return createWebhookChannel({ ...settings, allowPrivate: true }, wallClock, captureLog().log)
}

describe('numbers that are none', () => {
  const none = [
    'abc',
    '13912345678',
    '+0123456789',
    '+86139o2345678',
    '+86 139 1234 5678',
    `+${'1'.repeat(16)}`,
    '+',
    '',
  ]
  test.each(none)('%j is an address that no text is sent to', (address) => {
    expect(smpp().reaches?.(address)).toBe(false)
    expect(gateway('sms').reaches?.(address)).toBe(false)
    const { told, receipts } = deliverTimeline({ reaches: (_, to) => smpp().reaches?.(to) ?? true })
      .address(address)
      .command('hi')
    expect(told).toEqual(['0 failed no-address'])
    expect(receipts).toMatchObject([{ detail: 'an address is known, and is none of this channel' }])
  })

  test('a number is one, and a token is no number but what push is sent to', () => {
    expect([smpp().reaches?.(number), gateway('sms').reaches?.(number)]).toEqual([true, true])
    expect(gateway('push').reaches).toBeUndefined()
  })
})

describe('a command that says nothing, or says it as nobody', () => {
  test.each([
    ['an empty text', { text: '' }, 'empty-text'],
    ['blanks and line ends alone', { text: ' \n\t\u00a0\u3000' }, 'empty-text'],
    ['a sender of twelve letters', { sender: 'YourOperator' }, 'sender-invalid'],
    ['a sender that is no number', { sender: '+12' }, 'sender-invalid'],
    ['an empty sender', { sender: '' }, 'sender-invalid'],
  ])('%s fails before it is claimed', (_, fields, code) => {
    expect(deliverTimeline().address(number).command('hi', fields).until(10_000).told).toEqual([`0 failed ${code}`])
  })

  test('what was right before goes on', () => {
    const { told } = deliverTimeline().address(number).command('a', { text: '' }).command('hi', { sender: '10086' })
    expect(told).toEqual(['0 failed empty-text', '0 attempt', '0 send hi to +8613912345678'])
  })
})

describe('what an SMSC tells', () => {
  test('a receipt for an unknown id has a code, and is told with all that it said', async () => {
    const smsc = await startSmsc()
    const { sender, lines, counted, receipts } = startSmppSender(smsc.url)
    await waitFor('the bind', () => sender.health().ready)
    smsc.receipt('of-nobody', '8613912345678')
    await waitFor('the count', () => counted.length > 0)
    expect(counted).toEqual(['receipt KM_DELIVER_RECEIPT_UNKNOWN'])
    const line = lines.find((one) => one.includes('KM_DELIVER_RECEIPT_UNKNOWN')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({ level: 30, provider: 'smpp', messageId: 'of-nobody', state: 'delivered' })
    await waitFor('its being acknowledged', () => smsc.events('delivered').some(({ status }) => status === '00'))
    expect(receipts()).toEqual([])
  })

  test('a receipt that came too early is counted as unknown, then as taken: nothing of it is lost', async () => {
    const smsc = await startSmsc({ options: { 'receipt-first': 1 } })
    const { sender, counted, receipts } = startSmppSender(smsc.url)
    await sender.send(effectOf('hello'))
    await waitFor('the receipt', () => receipts().length > 0)
    expect(counted).toEqual(['receipt KM_DELIVER_RECEIPT_UNKNOWN', 'receipt'])
  })

  test('the same receipt twice is one', async () => {
    const smsc = await startSmsc({ options: { receipt: 'none' } })
    const { sender, counted, receipts } = startSmppSender(smsc.url)
    const effect = effectOf('hello')
    const { outcome } = await sender.send(effect)
    const [messageId = ''] = outcome.kind === 'accepted' ? outcome.messageIds : []
    smsc.set('receipt', 'DELIVRD')
    for (let i = 0; i < 2; i++) smsc.receipt(messageId, effect.address.slice(1))
    await waitFor('both', () => counted.length === 2)
    expect(counted).toEqual(['receipt', 'receipt'])
    await waitFor('the receipt', () => receipts().length > 0)
    expect(receipts()).toMatchObject([{ command_id: effect.commandId, status: 'delivered' }])
  })

  test('a reply from an unknown number is acknowledged, counted, and logged without number and text', async () => {
    const smsc = await startSmsc()
    const { sender, lines, counted, appended } = startSmppSender(smsc.url)
    await waitFor('the bind', () => sender.health().ready)
    smsc.messageFrom('+8613000000000', 'who is this')
    await waitFor('its being acknowledged', () => smsc.events('delivered').some(({ status }) => status === '00'))
    expect(counted).toEqual(['message KM_DELIVER_SENDER_UNKNOWN'])
    expect(lines.join('')).toContain('KM_DELIVER_SENDER_UNKNOWN')
    expect(lines.join('')).not.toMatch(/who is this|13000000000/)
    expect(appended).toEqual([])
  })

  test('a receipt of a state that is none is acknowledged, counted and logged with why', async () => {
    const smsc = await startSmsc({ options: { receipt: 'NONSENSE' } })
    const { sender, lines, receipts, counted } = startSmppSender(smsc.url)
    await sender.send(effectOf('hello'))
    await waitFor('its being acknowledged', () => smsc.events('delivered').some(({ status }) => status === '00'))
    const line = lines.find((one) => one.includes('KM_DELIVER_UNREADABLE')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({ level: 40, kind: 'receipt', why: 'no-id-or-state' })
    expect(counted).toEqual(['receipt KM_DELIVER_UNREADABLE'])
    expect(receipts()).toEqual([])
  })

  test('a message whose sender is no number of a known country is acknowledged, counted and logged with why', async () => {
    const smsc = await startSmsc()
    const { sender, lines, counted } = startSmppSender(smsc.url)
    await waitFor('the bind', () => sender.health().ready)
    smsc.messageFrom('13912345678', 'STOP')
    await waitFor('its being acknowledged', () => smsc.events('delivered').some(({ status }) => status === '00'))
    const line = lines.find((one) => one.includes('KM_DELIVER_UNREADABLE')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({ level: 40, kind: 'message', why: 'sender-no-number' })
    expect(counted).toEqual(['message KM_DELIVER_UNREADABLE'])
  })
})

/** Three minutes, where 30 seconds are waited for an answer; here both are a hundredth of that. */
test('a hang of three minutes: what was submitted is unknown, what was not comes back, and nothing is sent twice', {
  timeout: 120_000,
}, async () => {
  const share = 100
  const { enquireLinkMs, answerTimeoutMs, bindTimeoutMs, unboundMs } = smppDefaults
  const smsc = await startSmsc({ options: { receipt: 'none' } })
  const { sender } = startSmppSender(smsc.url, {
    enquireLinkMs: enquireLinkMs / share,
    answerTimeoutMs: answerTimeoutMs / share,
    bindTimeoutMs: bindTimeoutMs / share,
    unboundMs: unboundMs / share,
  })
  await waitFor('the bind', () => sender.health().ready)
  process.kill(smsc.child.pid, 'SIGSTOP')
  const hang = sleep(180_000 / share)
  const { outcome } = await sender.send(effectOf('in the hang'))
  expect(outcome).toMatchObject({ kind: 'unknown', code: expect.stringMatching(/^(no-answer|connection-lost)$/) })
  await waitFor('the loss', () => !sender.health().ready)
  const held = await sender.send(effectOf('behind it'))
  expect(held.outcome).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
  await hang
  process.kill(smsc.child.pid, 'SIGCONT')
  await waitFor('a message that it accepts', async () => {
    const again = await sender.send(effectOf('after it'))
    return again.outcome.kind === 'accepted'
  })
  const times = (wanted: string) => smsc.submits().filter(({ text }) => text === wanted).length
  expect(times('in the hang')).toBeLessThanOrEqual(1)
  expect(times('behind it')).toBe(0)
})
