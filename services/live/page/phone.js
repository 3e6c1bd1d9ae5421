/**
 * @import { PhoneEntry, PhoneView, SandboxAct } from '../../deliver/adapters/sandbox/sandbox-shelf.ts'
 * @typedef {PhoneView['messages'][number]} Message
 */
import { element, make, write } from './elements.js'

/** Whoever looks at the page sits at the phone; for so long after the last look. Seconds. */
const attendSeconds = 8
const lookEveryMs = 1_000
const keypad = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#']

/** @type {Record<string, string>} */
const callWords = {
  ringing: 'Answered by itself soon',
  talking: 'Talking',
  delivered: 'Heard',
  declined: 'Declined',
  'no-reply': 'Missed',
  'hung-up': 'Hung up on',
  undelivered: 'Did not get through',
}

const subscriber = new URLSearchParams(location.search).get('subscriber') ?? ''
/** @type {PhoneView | undefined} */
let phone
let zone = 'UTC'

/** Asks the engine; what it refuses is said on the page. @param {string} path @param {RequestInit} [init] */
async function ask(path, init) {
  const response = await fetch(path, init)
  const answer = await response.json()
  if (response.ok) return answer
  throw new Error(`${answer.code}: ${answer.message}`)
}

/** @param {string} method @param {object} body */
const json = (method, body) => ({ method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

const phonePath = `/v1/sandbox/phones/${encodeURIComponent(subscriber)}`

/** @param {string} text */
function complain(text) {
  element('problem').hidden = text === ''
  write(element('problem'), text)
}

/** @param {boolean} isThere */
function showState(isThere) {
  element('state').dataset.state = isThere ? 'ready' : 'lost'
  write(element('state'), isThere ? (subscriber ? 'you are at the phone' : 'ready') : 'no connection; tries again')
}

/** @param {Message | undefined} message @param {SandboxAct} act */
async function doAct(message, act) {
  if (!message) return
  try {
    await ask(`/v1/sandbox/messages/${message.number}/acts`, json('POST', act))
    complain('')
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error))
  }
  await look()
}

/** @param {Message} message */
const isOpenCall = ({ can }) => can.includes('answer') || can.includes('hang-up')

/** Hour and minute in the engine's zone, which may run faster than ours. @param {number} at */
const clock = (at) => new Intl.DateTimeFormat('sv-SE', { timeStyle: 'short', timeZone: zone }).format(at)

/** Makes a list anew only where it changed. @template Item @param {string} id @param {readonly Item[]} items
 * @param {(item: Item) => HTMLElement} show */
function showList(id, items, show) {
  const list = element(id)
  const key = JSON.stringify(items)
  if (list.dataset.key === key) return
  list.dataset.key = key
  list.replaceChildren(...items.map(show))
}

/** @param {string} text @param {() => void} pressed */
function button(text, pressed) {
  const made = make('button', text)
  made.setAttribute('type', 'button')
  made.addEventListener('click', pressed)
  return made
}

/** @param {Message} message */
function notification(message) {
  const item = make('li', '')
  const buttons = make('div', '', 'buttons')
  if (message.can.includes('open')) buttons.append(button('Open', () => doAct(message, { act: 'open' })))
  if (message.can.includes('dismiss')) buttons.append(button('Dismiss', () => doAct(message, { act: 'dismiss' })))
  const words = message.status === 'clicked' ? 'opened' : (message.status ?? 'on its way')
  item.append(make('span', message.text), make('span', `${clock(message.sentAt)}, ${words}`, 'about'), buttons)
  return item
}

/** @param {{ text: string, at: number, own: boolean, status: string | null }} line */
function textLine({ text, at, own, status }) {
  const item = make('li', '', own ? 'own' : '')
  const about = own ? `${clock(at)}, from the phone` : `${clock(at)}, ${status ?? 'on its way'}`
  item.append(make('span', text), make('span', about, 'about'))
  return item
}

/** @param {Message} call */
function pastCall(call) {
  const item = make('li', '')
  const keys = call.answers.map(({ text }) => text).join(' ')
  const words = callWords[call.status ?? ''] ?? call.status ?? ''
  item.append(
    make('span', call.text),
    make('span', `${clock(call.sentAt)}, ${words}${keys && `; pressed ${keys}`}`, 'about'),
  )
  return item
}

/** @param {Message | undefined} call */
function showCall(call) {
  const panel = element('call')
  const hadFocus = panel.contains(document.activeElement)
  const wasTalking = !panel.hidden && !element('talk').hidden
  const isTalking = call?.can.includes('hang-up') ?? false
  panel.hidden = call === undefined
  element('incoming').hidden = isTalking
  element('talk').hidden = !isTalking
  write(element('call-title'), isTalking ? 'On the phone' : 'Incoming call')
  write(element('rings'), call && !isTalking ? 'A call comes in' : '')
  write(element('said'), isTalking && call ? call.text : '')
  write(element('pressed'), call?.answers.map(({ text }) => text).join(' ') || 'none')
  if (!hadFocus) return
  if (call === undefined) element('phone-title').focus()
  else if (isTalking && !wasTalking) element('keys').querySelector('button')?.focus()
}

/** @param {PhoneView} now */
function showPhone(now) {
  phone = now
  const oldestFirst = now.messages.toReversed()
  element('phone').hidden = false
  element('nothing').hidden = now.messages.length > 0
  write(element('phone-title'), `Phone of ${now.subscriberId}`)
  showCall(now.messages.find(isOpenCall))
  showList(
    'notifications',
    now.messages.filter(({ channel }) => channel === 'push'),
    notification,
  )
  showList(
    'calls',
    now.messages.filter((message) => message.channel === 'ivr' && !isOpenCall(message)),
    pastCall,
  )
  const lines = oldestFirst
    .filter(({ channel }) => channel === 'sms')
    .flatMap(({ text, sentAt: at, status, answers }) => [
      { text, at, status, own: false },
      ...answers.map((answer) => ({ ...answer, status: null, own: true })),
    ])
  showList(
    'texts',
    lines.toSorted((a, b) => a.at - b.at),
    textLine,
  )
  element('reply').hidden = !now.messages.some(({ can }) => can.includes('reply'))
  for (const box of element('off').querySelectorAll('input')) box.checked = now.off.some((one) => one === box.value)
}

/** @param {readonly PhoneEntry[]} phones */
function showRecent(phones) {
  element('no-recent').hidden = phones.length > 0
  // Whoever is about to follow a link keeps it under the pointer: ids alone, as each new message moves a phone to the top.
  showList('recent', phones.map(({ subscriberId }) => subscriberId).slice(0, 20), (subscriberId) => {
    const item = document.createElement('li')
    const link = document.createElement('a')
    link.href = `/phone?subscriber=${encodeURIComponent(subscriberId)}`
    link.textContent = subscriberId
    if (subscriberId === subscriber) link.setAttribute('aria-current', 'page')
    item.append(link)
    return item
  })
}

async function look() {
  if (document.hidden) return
  try {
    if (subscriber) showPhone(await ask(phonePath, json('PUT', { attend_s: attendSeconds })))
    showState(true)
  } catch (error) {
    showState(false)
    complain(error instanceof Error && error.message.startsWith('KM_') ? error.message : '')
  }
}

async function lookForOthers() {
  if (document.hidden || element('recent').matches(':hover, :focus-within')) return
  await ask('/v1/sandbox/phones').then(
    ({ phones }) => showRecent(phones),
    () => undefined,
  )
}

for (const key of keypad) {
  element('keys').append(button(key, () => doAct(phone?.messages.find(isOpenCall), { act: 'key', key })))
}
for (const act of /** @type {const} */ (['answer', 'decline', 'hang-up'])) {
  element(act).addEventListener('click', () => doAct(phone?.messages.find(isOpenCall), { act }))
}
element('reply').addEventListener('submit', async (event) => {
  event.preventDefault()
  const field = /** @type {HTMLTextAreaElement} */ (element('reply-text'))
  const { value } = field
  field.value = ''
  await doAct(
    phone?.messages.find(({ can }) => can.includes('reply')),
    { act: 'reply', text: value },
  )
})
element('off').addEventListener('change', async () => {
  const boxes = [...element('off').querySelectorAll('input')]
  const off = boxes.filter(({ checked }) => checked).map(({ value }) => value)
  showPhone(await ask(phonePath, json('PUT', { off })))
})
const field = /** @type {HTMLInputElement} */ (element('subscriber'))
field.value = subscriber

// The times of messages are the engine's.
ask('/v1/live').then(
  ({ engine }) => {
    zone = engine?.zone ?? zone
  },
  () => undefined,
)
document.addEventListener('visibilitychange', look)
setInterval(look, lookEveryMs)
setInterval(lookForOthers, 3 * lookEveryMs)
void look()
void lookForOthers()
