import { expect, test } from 'vitest'
import { createEslDialler, eslDefaults } from '../../services/deliver/adapters/ivr/esl.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { waitFor } from '../support/wait-for.ts'
import { type IvrUnderTest, startIvrSender } from './ivr-under-test.ts'
import { api, type ScriptedSwitch, startScriptedSwitch } from './scripted-switch.ts'
import { captureLog, effectOf } from './sender-under-test.ts'

type Event = readonly [name: string, headers?: Readonly<Record<string, string>>, body?: string]

const ringing: Event = ['CHANNEL_PROGRESS']
const answered: Event = ['CHANNEL_ANSWER']
const said: Event = ['PLAYBACK_STOP', { 'Playback-Status': 'done', 'Playback-File-Path': 'offer.wav' }]
const asked = (key?: string): Event => [
  'CHANNEL_EXECUTE_COMPLETE',
  {
    Application: 'play_and_get_digits',
    'Answer-State': 'answered',
    ...(key === undefined ? {} : { variable_keymoment_key: key }),
  },
]
const ended = (cause: string, headers: Readonly<Record<string, string>> = {}): Event => [
  'CHANNEL_HANGUP_COMPLETE',
  { 'Hangup-Cause': cause, ...headers },
]
const job = (body: string): Event => ['BACKGROUND_JOB', {}, body]

/** Begins a call and lets the switch tell of it. */
async function callWith(sw: ScriptedSwitch, ivr: IvrUnderTest, events: readonly Event[]) {
  const effect = effectOf('recording:offer.wav')
  const sent = ivr.sender.send(effect)
  const call = await waitFor('the call', sw.call)
  for (const [name, headers, body] of events) {
    sw.event(name, name === 'BACKGROUND_JOB' ? { 'Job-UUID': call, ...headers } : headers, body)
  }
  const { outcome } = await sent
  return { effect, call, outcome: 'code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind }
}

test.each<[what: string, events: readonly Event[], outcome: string, told: string]>([
  ['a call that comes about in no way', [job('-ERR INVALID_GATEWAY\n')], 'not-sent provider-trouble', ''],
  ['a call that is there already', [job('-ERR DUPLICATE_UUID\n')], 'unknown state-unknown', ''],
  ['a word that nobody knows', [ended('ZOMBIES')], 'unknown state-unknown', ''],
  ['a cause that is none', [ended('<b>\n')], 'unknown state-unknown', ''],
  ['a trunk that is full', [ended('NORMAL_CIRCUIT_CONGESTION')], 'not-sent throttled', ''],
  ['a phone that is off', [ended('SUBSCRIBER_ABSENT')], 'not-sent unreachable', ''],
  ['a barred number', [ended('OUTGOING_CALL_BARRED')], 'refused refused', ''],
  ['a call that is pushed away', [ringing, ended('USER_BUSY')], 'accepted', 'failed declined'],
  ['a trunk that fails while it rings', [ringing, ended('NETWORK_OUT_OF_ORDER')], 'accepted', 'failed undelivered'],
  ['an answer without ringing', [answered, said, asked(), ended('NORMAL_CLEARING')], 'accepted', 'delivered'],
  ['a key', [ringing, answered, asked('1'), ended('NORMAL_CLEARING')], 'accepted', 'delivered 1=accepted'],
  ['the key for no more', [answered, asked('9'), ended('NORMAL_CLEARING')], 'accepted', 'delivered 9=opted-out'],
  ['the key for a call', [answered, asked('3'), ended('NORMAL_CLEARING')], 'accepted', 'delivered 3=call-back'],
  ['a key that means nothing', [answered, said, asked('7'), ended('NORMAL_CLEARING')], 'accepted', 'delivered'],
  ['digits that are none', [answered, said, asked('1"; drop'), ended('NORMAL_CLEARING')], 'accepted', 'delivered'],
  [
    'a key that only the end tells',
    [answered, ended('NORMAL_CLEARING', { variable_keymoment_key: '2' })],
    'accepted',
    'delivered 2=refused',
  ],
  ['a recording that is missing', [answered, asked(), ended('NORMAL_CLEARING')], 'accepted', 'failed not-said'],
  [
    'a machine',
    [answered, ['CUSTOM', { 'Event-Subclass': 'avmd::beep' }], ended('NORMAL_CLEARING')],
    'accepted',
    'failed answering-machine',
  ],
  [
    'a machine by amd',
    [answered, said, ended('NORMAL_CLEARING', { variable_amd_result: 'MACHINE' })],
    'accepted',
    'failed answering-machine',
  ],
  [
    'the same events twice',
    [
      ringing,
      ringing,
      answered,
      answered,
      asked('1'),
      asked('1'),
      ended('NORMAL_CLEARING'),
      ended('NORMAL_CLEARING', { variable_keymoment_key: '1' }),
    ],
    'accepted',
    'delivered 1=accepted',
  ],
])('%s', async (_, events, outcome, told) => {
  const sw = await startScriptedSwitch()
  const ivr = startIvrSender(sw.url)
  const result = await callWith(sw, ivr, events)
  expect(result.outcome).toBe(outcome)
  await waitFor('what is told', () => ivr.toldOf(result.effect.commandId) === told).catch(() => undefined)
  expect(ivr.toldOf(result.effect.commandId)).toBe(told)
  expect(new Set(ivr.replies().map(({ event_id }) => event_id)).size).toBe(told.includes('=') ? 1 : 0)
  expect(sw.commands().filter((command) => command.startsWith('bgapi originate'))).toHaveLength(1)
})

test('the switch is told all that it must know of a call, with an id that another attempt does not have', async () => {
  const sw = await startScriptedSwitch()
  const ivr = startIvrSender(sw.url, {}, { prompts: '/prompts' })
  const { call, effect } = await callWith(sw, ivr, [answered])
  await waitFor('the question', () => sw.commands().some((command) => command.includes('play_and_get_digits')))
  const [originate, question] = sw.commands().filter((command) => /originate|sendmsg/.test(command))
  expect(call).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(originate).toBe(
    `bgapi originate {origination_uuid=${call},origination_caller_id_number=10086,ignore_early_media=true,` +
      `originate_timeout=3,park_timeout=183,keymoment=1}sofia/gateway/carrier/${effect.address.slice(1)} &park()\nJob-UUID: ${call}`,
  )
  expect(question?.split('\n').at(-1)).toBe(
    '1 1 2 1000 # /prompts/offer.wav /prompts/invalid.wav keymoment_key ^[1239]$',
  )
  sw.event(...ended('NORMAL_CLEARING'))
})

test('what is spoken cannot be anything but words to the switch', async () => {
  const sw = await startScriptedSwitch()
  const ivr = startIvrSender(sw.url)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the switch's
  const sent = ivr.sender.send(effectOf("It's ${uuid}\n\napi shutdown | 'now' 1\\"))
  await waitFor('the call', sw.call)
  sw.event(...answered)
  await sent
  const question = await waitFor('the question', () => sw.commands().find((one) => one.includes('get_digits')))
  expect(question.split('\n').at(-1)).toContain("# 'say:It’s uuid api shutdown ’now’ 1' invalid.wav")
  sw.event(...ended('NORMAL_CLEARING'))
})

test.each([
  ['a number that is none', { address: '+4917o0' }, 'number'],
  ['a recording outside its folder', { text: 'recording:../../etc/passwd' }, 'recording'],
  ['a recording with a command', { text: "recording:a.wav ' b" }, 'recording'],
])('%s is refused, and nothing is called', async (_, changes, detail) => {
  const sw = await startScriptedSwitch()
  const { sender } = startIvrSender(sw.url)
  const { outcome } = await sender.send({ ...effectOf('Good day!'), ...changes })
  expect(outcome).toEqual({ kind: 'refused', code: 'refused', detail })
  expect(sw.call()).toBeUndefined()
})

test('the agent key puts the call through, and is told', async () => {
  const sw = await startScriptedSwitch()
  const keys = { accepted: '1', refused: '2', 'call-back': '3', 'opted-out': '9', agent: '0' }
  const ivr = startIvrSender(sw.url, { keys, agent: '8000 XML default' })
  const { effect } = await callWith(sw, ivr, [ringing, answered, asked('0')])
  await waitFor('what is told', () => ivr.toldOf(effect.commandId) === 'delivered 0=agent')
  expect(sw.commands().find((command) => command.includes('transfer'))).toMatch(/8000 XML default$/)
  expect(sw.commands().some((command) => command.includes('uuid_kill'))).toBe(false)
})

test.each([
  ['garbage', '\u0000\u0001GET / HTTP/1.1\r\n\n\n'],
  ['a length that is none', 'Content-Type: text/event-json\nContent-Length: -5\n\n'],
  ['a length beyond all bounds', 'Content-Type: text/event-json\nContent-Length: 99999999\n\n'],
  ['an event that is no JSON', 'Content-Type: text/event-json\nContent-Length: 4\n\n{"a:'],
  ['an answer that nobody asked for', 'Content-Type: command/reply\nReply-Text: +OK\n\n'],
  ['a head without an end', `X: ${'x'.repeat(70_000)}`],
])('%s: the connection is given up, and what it was about is asked for behind it', async (_, bytes) => {
  const sw = await startScriptedSwitch((command) =>
    command.startsWith('api uuid_exists') ? api('false') : 'Content-Type: command/reply\nReply-Text: +OK\n\n',
  )
  const ivr = startIvrSender(sw.url)
  const sent = ivr.sender.send(effectOf('recording:offer.wav'))
  await waitFor('the call', sw.call)
  sw.raw(bytes)
  expect((await sent).outcome).toEqual({ kind: 'unknown', code: 'connection-lost', detail: null })
  await waitFor('the switch', () => ivr.sender.health().ready)
  expect(sw.commands().filter((command) => command.startsWith('bgapi'))).toHaveLength(1)
})

test('half an event, and the rest of it after a while, is one event', async () => {
  const sw = await startScriptedSwitch()
  const ivr = startIvrSender(sw.url)
  const sent = ivr.sender.send(effectOf('recording:offer.wav'))
  const id = await waitFor('the call', sw.call)
  const text = JSON.stringify({ 'Event-Name': 'CHANNEL_PROGRESS', 'Unique-ID': id, Name: '电话' })
  const frame = `Content-Type: text/event-json\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`
  sw.raw(frame.slice(0, 60))
  await new Promise((resolve) => setTimeout(resolve, 50))
  sw.raw(frame.slice(60))
  expect((await sent).outcome.kind).toBe('accepted')
  sw.event(...ended('NO_ANSWER'))
})

test('a switch that answers nothing any more is left, and a call without a word is unknown', async () => {
  const sw = await startScriptedSwitch(() => undefined)
  const ivr = startIvrSender(sw.url, { lostMs: 300 }, { answerTimeoutMs: 200 })
  const { outcome } = await ivr.sender.send(effectOf('recording:offer.wav'))
  expect(outcome).toMatchObject({ kind: 'unknown', code: 'connection-lost' })
  expect(ivr.lines.join()).toContain('no answer to a command')
})

test('a call of which the switch tells nothing is ended, and unknown', async () => {
  const sw = await startScriptedSwitch((command) =>
    command.startsWith('api') ? api('+OK') : 'Content-Type: command/reply\nReply-Text: +OK\n\n',
  )
  const ivr = startIvrSender(sw.url, { ringMs: 200, marginMs: 100 })
  const { outcome } = await ivr.sender.send(effectOf('recording:offer.wav'))
  expect(outcome).toMatchObject({ kind: 'unknown', code: 'no-answer' })
  expect(sw.commands().some((command) => command.startsWith(`api uuid_kill ${sw.call()}`))).toBe(true)
})

test('a key in a call of a process that has ended is told by another one', async () => {
  const sw = await startScriptedSwitch()
  const ivr = startIvrSender(sw.url)
  const { call, effect } = await callWith(sw, ivr, [ringing, ended('NO_ANSWER')])
  await waitFor('its end', () => ivr.toldOf(effect.commandId) === 'failed no-reply')
  // As if it had been begun by another: this one has forgotten it.
  sw.event(...ended('NORMAL_CLEARING', { 'Unique-ID': call, variable_keymoment_key: '9' }))
  await waitFor('the reply', () => ivr.replies().length === 1)
  expect(ivr.replies()[0]).toMatchObject({ digits: '9', action: 'opted-out', in_reply_to: effect.commandId })
  // Nobody knows this one.
  sw.event(...ended('NORMAL_CLEARING', { 'Unique-ID': 'somebody-else', variable_keymoment_key: '1' }))
  await waitFor('a word of it', () => ivr.lines.some((line) => line.includes('KM_DELIVER_REPLY_UNKNOWN')))
  expect(ivr.replies()).toHaveLength(1)
})

test('a reply is told once the log is there again', async () => {
  const sw = await startScriptedSwitch()
  const ivr = startIvrSender(sw.url)
  ivr.appendFails = true
  const { effect } = await callWith(sw, ivr, [ringing, answered, asked('9')])
  await waitFor('a second try', () => ivr.appendsFailed >= 2)
  expect(ivr.replies()).toEqual([])
  ivr.appendFails = false
  sw.event(...ended('NORMAL_CLEARING'))
  await waitFor('what is told', () => ivr.toldOf(effect.commandId) === 'delivered 9=opted-out')
})

test('nothing is called at or after its not_after', async () => {
  const sw = await startScriptedSwitch()
  const { sender } = startIvrSender(sw.url)
  const { outcome } = await sender.send(effectOf('late', { notAfter: wallClock.now() }))
  expect(outcome).toMatchObject({ kind: 'not-sent', code: 'expired' })
  expect(sw.call()).toBeUndefined()
})

test('a URL that is none is refused at once, without the password in the message', () => {
  for (const url of ['', 'http://:geheim@b', 'esl://:geheim%0Aapi@b']) {
    const create = () => createEslDialler({ ...eslDefaults, url, dial: 'x/{number}', callerId: '' }, captureLog().log)
    expect(create).toThrow(expect.objectContaining({ code: 'KM_ESL_URL' }))
    expect(create).not.toThrow(/geheim/)
  }
})
