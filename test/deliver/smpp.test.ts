import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createSmppChannel, smppDefaults } from '../../services/deliver/adapters/smpp/smpp.ts'
import type { SendEffect, SendResult } from '../../services/deliver/send-effect.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { freePort } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'
import { captureLog, effectOf, startSmppSender } from './sender-under-test.ts'

const texts = {
  gsm: 'Hello, 5 GB for €9.90? Reply YES [terms]',
  chinese: '您的余额不足，充值50元送10元',
  emoji: '生日快乐🎂'.repeat(30),
  long: 'Your plan ends soon {renew} for 10€. '.repeat(12),
}

test('texts arrive as they were written, once each, and are reported as delivered', async () => {
  const smsc = await startSmsc()
  const { sender, receipts } = startSmppSender(smsc.url)
  const effects = Object.values(texts).map((text) => effectOf(text))
  const results = await Promise.all(effects.map((effect) => sender.send(effect)))

  expect(results.map(({ outcome }) => outcome.kind)).toEqual(effects.map(() => 'accepted'))
  await smsc.tookAtLeast(9)
  expect(smsc.submits().flatMap(({ flaws }) => flaws)).toEqual([])
  const arrived = effects.map(({ address }) => {
    const parts = smsc.submits().filter(({ destination }) => `+${destination}` === address)
    return {
      text: parts.map(({ text }) => text).join(''),
      coding: [...new Set(parts.map(({ data_coding, esm_class }) => `${data_coding}/${esm_class}`))],
      headers: parts.map(({ udh }) => udh.slice(8)),
    }
  })
  expect(arrived).toEqual([
    { text: texts.gsm, coding: ['0/0'], headers: [''] },
    { text: texts.chinese, coding: ['8/0'], headers: [''] },
    { text: texts.emoji, coding: ['8/64'], headers: ['0301', '0302', '0303'] },
    { text: texts.long, coding: ['0/64'], headers: ['0401', '0402', '0403', '0404'] },
  ])
  await waitFor('all receipts', () => receipts().length === effects.length)
  const told = receipts().map(({ command_id, status, parts }) => `${command_id} ${status} ${parts}`)
  expect(told.toSorted()).toEqual(
    effects.map(({ commandId }, i) => `${commandId} delivered ${[1, 1, 3, 4][i]}`).toSorted(),
  )
  expect(smsc.events('bound')).toHaveLength(1)
})

test.each([
  ['10086', '10086', '3/1'],
  ['+8610086', '8610086', '1/1'],
  ['Keymoment', 'Keymoment', '5/0'],
])('the sender %s is written as %s of type %s', async (address, source, source_type) => {
  const smsc = await startSmsc()
  await startSmppSender(smsc.url, { source: { address } }).sender.send(effectOf('hello'))
  await smsc.tookAtLeast(1)
  expect(smsc.submits()).toMatchObject([{ source, source_type }])
})

test('throttled ones arrive later, each once and in whole', async () => {
  const smsc = await startSmsc({ options: { 'throttle-every': 3 } })
  const { sender } = startSmppSender(smsc.url)
  const effects = Array.from({ length: 12 }, (_, i) => effectOf(`message ${i}`))
  const results = await Promise.all(effects.map((effect) => sender.send(effect)))
  expect(results.map(({ outcome }) => outcome.kind)).toEqual(effects.map(() => 'accepted'))
  await smsc.tookAtLeast(12)
  expect(smsc.submits().length).toBeGreaterThan(12)
  expect(
    smsc
      .taken()
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(effects.map(({ text }) => text).toSorted())
})

test('not more leave than the throttle allows', async () => {
  const smsc = await startSmsc()
  const { sender } = startSmppSender(smsc.url, { perSecond: 20, burst: 2 })
  const began = performance.now()
  await Promise.all(Array.from({ length: 12 }, (_, i) => sender.send(effectOf(`message ${i}`))))
  expect(performance.now() - began).toBeGreaterThan(490) // 2 at once, 10 at 50 ms each
})

test.each([
  ['a dropped connection', { 'drop-at': 1 }, 'connection-lost'],
  ['no answer', { 'silent-from': 1 }, 'no-answer'],
] as const)('%s after the submit is unknown, and nothing is sent again', async (_, options, code) => {
  const smsc = await startSmsc({ options })
  const { sender } = startSmppSender(smsc.url, { answerTimeoutMs: 300 })
  const { outcome } = await sender.send(effectOf('once'))
  expect(outcome).toMatchObject({ kind: 'unknown', code })
  await waitFor('the bind', () => sender.health().ready)
  await sender.stop()
  await smsc.tookAtLeast(1)
  expect(smsc.submits().map(({ text }) => text)).toEqual(['once'])
})

test('a lost part makes the whole unknown', async () => {
  const smsc = await startSmsc({ options: { 'drop-at': 2 } })
  const { sender } = startSmppSender(smsc.url)
  const { outcome } = await sender.send(effectOf(texts.long))
  expect(outcome).toMatchObject({ kind: 'unknown', code: 'partly-sent' })
  await smsc.tookAtLeast(2)
  expect(smsc.submits()).toHaveLength(2)
})

test('a refused number is refused, with the name of the status', async () => {
  const effect = effectOf('no')
  const smsc = await startSmsc({ options: { refuse: effect.address.slice(1) } })
  const { sender } = startSmppSender(smsc.url)
  const { outcome } = await sender.send(effect)
  expect(outcome).toEqual({ kind: 'refused', code: 'refused', detail: 'ESME_RINVDSTADR' })
})

test('an answer that comes too late still lets the receipt be understood', async () => {
  const smsc = await startSmsc({ options: { 'late-at': 1, 'late-ms': 600 } })
  const { sender, receipts } = startSmppSender(smsc.url, { answerTimeoutMs: 200 })
  const effect = effectOf('late')
  expect((await sender.send(effect)).outcome).toMatchObject({ kind: 'unknown', code: 'no-answer' })
  await waitFor('the receipt', () => receipts().length === 1)
  expect(receipts()[0]).toMatchObject({ command_id: effect.commandId, status: 'delivered' })
})

test.each([
  ['before the answer to its submit', { 'receipt-first': 1 }, {}],
  ['with its id in another base', { ids: 'hex' }, { messageIds: { submit: 'hex', receipt: 'decimal' } as const }],
])('a receipt %s is understood', async (_, options, changes) => {
  const smsc = await startSmsc({ options })
  const { sender, receipts } = startSmppSender(smsc.url, changes)
  const effect = effectOf(texts.long)
  expect((await sender.send(effect)).outcome.kind).toBe('accepted')
  await waitFor('the receipt', () => receipts().length > 0)
  expect(receipts()).toMatchObject([{ command_id: effect.commandId, status: 'delivered', parts: 4 }])
})

test('an undelivered one is a failure with the error of the network', async () => {
  const smsc = await startSmsc({ options: { receipt: 'UNDELIV' } })
  const { sender, receipts } = startSmppSender(smsc.url)
  await sender.send(effectOf('hello'))
  await waitFor('the receipt', () => receipts().length === 1)
  expect(receipts()[0]).toMatchObject({ status: 'failed', code: 'undelivered', detail: 'error 011' })
})

test('a receipt is acknowledged only when it is on the log: until then the SMSC tells it again', async () => {
  const smsc = await startSmsc()
  const underTest = startSmppSender(smsc.url)
  underTest.appendFails = true
  await underTest.sender.send(effectOf('hello'))
  await waitFor('two refusals', () => smsc.events('delivered').filter(({ status }) => status === '64').length >= 2)
  expect(underTest.receipts()).toEqual([])
  underTest.appendFails = false
  await waitFor('the acknowledgement', () => smsc.events('delivered').some(({ status }) => status === '00'))
  expect(underTest.receipts()).toHaveLength(1)
})

test('an SMSC that is absent at first gets the message when it is there', async () => {
  const port = await freePort()
  const { sender } = startSmppSender(`smpp://keymoment:secret@127.0.0.1:${port}`, { unboundMs: 60_000 })
  expect(sender.health()).toMatchObject({ ready: false })
  const sent = sender.send(effectOf('patience'))
  await waitFor('a try', () => sender.health().reason.includes('ECONNREFUSED'))
  const smsc = await startSmsc({ port })
  expect((await sent).outcome.kind).toBe('accepted')
  await smsc.tookAtLeast(1)
  expect(smsc.submits().map(({ text }) => text)).toEqual(['patience'])
})

test('an SMSC lost in mid-stream: what it took is told once, what did not leave arrives at the next one', async () => {
  const port = await freePort()
  const first = await startSmsc({ port, options: { 'drop-at': 30 } })
  const { sender } = startSmppSender(first.url, { window: 4, perSecond: 100, burst: 1, unboundMs: 60_000 })
  const effects = Array.from({ length: 60 }, (_, i) => effectOf(`message ${i}`))
  const sendUntilItLeaves = async (effect: SendEffect): Promise<SendResult> => {
    const result = await sender.send(effect)
    return result.outcome.kind === 'not-sent' ? sendUntilItLeaves(effect) : result
  }
  const sent = Promise.all(effects.map(sendUntilItLeaves))
  await waitFor('the drop', () => first.events('disconnected').length > 0)
  await waitFor('some on the second bind', () => first.submits().length > 35)
  await first.stop()
  const second = await startSmsc({ port })
  const results = await sent

  const fates = new Map(results.map(({ commandId, outcome }) => [commandId, outcome.kind]))
  const accepted = effects.filter(({ commandId }) => fates.get(commandId) === 'accepted').map(({ text }) => text)
  const taken = () => [...first.taken(), ...second.taken()].map(({ text }) => text)
  await waitFor('all accepted ones', () => accepted.every((text) => taken().includes(text)))
  expect(new Set(taken()).size).toBe(taken().length)
  expect(new Set(fates.values())).toEqual(new Set(['accepted', 'unknown']))
  expect([...fates.values()].filter((fate) => fate === 'unknown').length).toBeLessThanOrEqual(8) // window, twice
})

test('past not_after nothing leaves', async () => {
  const port = await freePort()
  const { sender } = startSmppSender(`smpp://keymoment:secret@127.0.0.1:${port}`, { unboundMs: 60_000 })
  const notAfter = Date.now() + 300
  const sent = sender.send(effectOf('too late', { notAfter }))
  await waitFor('the end of its time', () => Date.now() > notAfter)
  const smsc = await startSmsc({ port })
  expect((await sent).outcome).toMatchObject({ kind: 'not-sent', code: 'expired' })
  expect(smsc.submits()).toEqual([])
})

test.each([
  ['soon, though it might wait', { unboundMs: 100 }, 3_600_000],
  ['when its time is over', { unboundMs: 3_600_000 }, 200],
])('what waits for a bind in vain is given back as not sent: %s', async (_, changes, patienceMs) => {
  const port = await freePort()
  const { sender } = startSmppSender(`smpp://keymoment:secret@127.0.0.1:${port}`, changes)
  const { outcome } = await sender.send(effectOf('no one there', { giveUpAt: Date.now() + patienceMs }))
  expect(outcome).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
})

test('a message of which a part has left is completed, though the SMSC is in trouble meanwhile', async () => {
  const smsc = await startSmsc({ options: { 'trouble-every': 2 } })
  const { sender } = startSmppSender(smsc.url)
  expect((await sender.send(effectOf('long '.repeat(80)))).outcome).toMatchObject({ kind: 'accepted' })
  await smsc.tookAtLeast(3)
  expect(smsc.taken()).toHaveLength(3)
})

test('draining gives back what waits and lets what was submitted answer', async () => {
  const smsc = await startSmsc({ options: { 'late-at': 1, 'late-ms': 300 } })
  const { sender } = startSmppSender(smsc.url, { window: 1 })
  const sent = ['first', 'second', 'third'].map((text) => sender.send(effectOf(text)))
  await waitFor('the first submit', () => smsc.submits().length === 1)
  await sender.drain()
  const outcomes = (await Promise.all(sent)).map(({ outcome }) => outcome)
  expect(outcomes).toMatchObject([{ kind: 'accepted' }, { code: 'stopping' }, { code: 'stopping' }])
  expect((await sender.send(effectOf('fourth'))).outcome).toMatchObject({ kind: 'not-sent', code: 'stopping' })
  await sender.stop()
  expect(smsc.submits()).toHaveLength(1)
  await waitFor('the unbind', () => smsc.events('unbound').length === 1)
})

test('the circuit opens on an SMSC that swallows everything: the others are held, not lost', async () => {
  const smsc = await startSmsc({ options: { 'silent-from': 1 } })
  const breaker = { failures: 3, halfOpenAfterMs: 60_000 }
  const { sender } = startSmppSender(smsc.url, { answerTimeoutMs: 100 }, { settings: { ...senderDefaults, breaker } })
  for (let i = 0; i < 3; i++) {
    expect((await sender.send(effectOf(`swallowed ${i}`))).outcome.kind).toBe('unknown')
  }
  expect(sender.health().ready).toBe(false)
  const { outcome } = await sender.send(effectOf('held', { giveUpAt: Date.now() + 300 }))
  expect(outcome).toMatchObject({ kind: 'not-sent', code: 'channel-down' })
  await smsc.tookAtLeast(3)
  expect(smsc.submits()).toHaveLength(3)
})

test.each([
  ['bytes that are no PDU', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a PDU of 2 GB', Buffer.from('7fffffff800000090000000000000001', 'hex')],
  ['a PDU shorter than its head', Buffer.from('00000004800000090000000000000001', 'hex')],
])('%s on the wire cost a bind, not the process', async (_, bytes) => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined).on('data', () => socket.write(bytes))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const underTest = startSmppSender(`smpp://keymoment:secret@127.0.0.1:${port}`, { bindTimeoutMs: 200 })
  await waitFor('a second try', () => connections > 1)
  expect(underTest.lines.join('')).toContain('KM_SMPP_UNAVAILABLE')
  await new Promise((resolve) => server.close(resolve))
  const smsc = await startSmsc({ port })
  expect((await underTest.sender.send(effectOf('hello'))).outcome.kind).toBe('accepted')
  await smsc.tookAtLeast(1)
})

test('an SMSC that hangs is noticed by enquire_link, and found again', async () => {
  const smsc = await startSmsc()
  const { sender, lines } = startSmppSender(smsc.url, { enquireLinkMs: 50, answerTimeoutMs: 300, bindTimeoutMs: 300 })
  await waitFor('the bind', () => sender.health().ready)
  process.kill(smsc.child.pid, 'SIGSTOP')
  await waitFor('the loss', () => lines.join('').includes('no answer to enquire_link'))
  expect(sender.health().ready).toBe(false)
  process.kill(smsc.child.pid, 'SIGCONT')
  // With limits as short as these, a busy machine may lose a bind that has just been made: what counts is that the SMSC
  // is found again and takes a message, and that nothing is said to be accepted which it doesn't have.
  await waitFor('a message that it accepts', async () => {
    const { outcome } = await sender.send(effectOf('hello again'))
    return outcome.kind === 'accepted'
  })
  await smsc.tookAtLeast(1)
  expect(new Set(smsc.taken().map(({ text }) => text))).toEqual(new Set(['hello again']))
})

test('closed while it binds, it leaves no connection behind', async () => {
  const open = new Set<Socket>()
  let seen = 0
  const server = createServer((socket) => {
    seen++
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    socket.resume() // takes the bind and never answers
  })
  onTestFinished(() => void server.close())
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const channel = createSmppChannel(
    { ...smppDefaults, url: `smpp://user:secret@127.0.0.1:${port}`, bindTimeoutMs: 60_000 },
    wallClock,
    captureLog().log,
  )
  channel.start({
    accepted: async () => {},
    receipt: async () => {},
    inbound: async () => {},
    unreadable: () => undefined,
    reply: async () => {},
  })
  await waitFor('a connection', () => seen === 1)
  await channel.close()
  await waitFor('its end', () => open.size === 0, { deadlineMs: 2_000 })
})

test('a URL that is none is refused at once, without the password in the message', () => {
  for (const url of ['', 'http://a:geheim@b', 'smpp://b:2775']) {
    const create = () => createSmppChannel({ ...smppDefaults, url }, wallClock, captureLog().log)
    expect(create).toThrow(expect.objectContaining({ code: 'KM_SMPP_URL' }))
    expect(create).not.toThrow(/geheim/)
  }
})

test('a wrong password is told as such', async () => {
  const smsc = await startSmsc({ options: { password: 'other' } })
  const { sender } = startSmppSender(smsc.url)
  await waitFor('the refusal', () => sender.health().reason.includes('ESME_RINVPASWD'))
  expect(sender.health().ready).toBe(false)
})

test('a reply is of whom the message was sent to, once though it is told twice', async () => {
  const smsc = await startSmsc()
  const { sender, appended, lines } = startSmppSender(smsc.url, { country: 'CN' })
  const effect = effectOf('Reply STOP to end', { address: '+8613912345678' })
  await sender.send(effect)
  smsc.messageFrom('+8613912345678', '退订')
  smsc.messageFrom('13912345678', 'STOP €') // as some networks write it
  smsc.messageFrom('+8613912345678', '退订')
  smsc.messageFrom('+8613000000000', 'who is this')
  const replies = () => appended.flatMap((value) => ('in_reply_to' in value ? [value] : []))
  await waitFor('the replies', () => smsc.events('delivered').length === 5)
  expect(replies()).toMatchObject([
    { subscriber_id: effect.subscriberId, text: '退订', in_reply_to: effect.commandId, channel: 'sms' },
    { subscriber_id: effect.subscriberId, text: 'STOP €', in_reply_to: effect.commandId },
    { text: '退订' },
  ])
  expect(replies()[2]?.event_id).toBe(replies()[0]?.event_id)
  expect(lines.join('')).toContain('KM_DELIVER_SENDER_UNKNOWN')
})

test('what is logged has nothing that looks like a number of a subscriber', async () => {
  const effects = [texts.gsm, texts.long].map((text) => effectOf(text, { address: '+8613912345678' }))
  const refused = effectOf('no', { address: '+8613712345678' })
  const smsc = await startSmsc({ options: { refuse: '8613712345678', 'throttle-every': 4, 'drop-at': 8 } })
  const underTest = startSmppSender(smsc.url, { answerTimeoutMs: 300 })
  await Promise.all([...effects, refused].map((effect) => underTest.sender.send(effect)))
  underTest.appendFails = true
  smsc.messageFrom('+8613912345678', 'call me at 13912345678')
  smsc.messageFrom('+8613912345679', 'hello')
  await waitFor('a refused message', () => smsc.events('delivered').some(({ status }) => status === '64'))
  underTest.appendFails = false
  smsc.hangUp()
  await waitFor('a lost bind in the log', () => underTest.lines.join('').includes('SMSC lost'))
  await underTest.sender.stop()
  expect(underTest.lines.length).toBeGreaterThan(3)
  expect(underTest.lines.filter((line) => /\d{6}/.test(line.replaceAll(/[\s()-]/g, '')))).toEqual([])
})
