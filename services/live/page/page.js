/**
 * The live page: shows each summary and message that /v1/live/stream tells. Everything that comes from there is put in
 * as text (textContent), never as HTML.
 *
 * @import { LiveSummary, Sample, Tally } from '../summary.ts'
 * @import { MessageNews } from '../messages.ts'
 * @typedef {MessageNews['messages'][number]} Message
 * @typedef {'en' | 'zh'} Language
 */
import { element, make, write } from './elements.js'
import { texts } from './texts.js'

const historySeconds = 300
const messagesMost = 200
const languageKey = 'keymoment.language'

/** @type {Language} */
let language = (localStorage.getItem(languageKey) ?? navigator.language).startsWith('zh') ? 'zh' : 'en'
/** @type {LiveSummary | undefined} */
let summary
/** @type {Sample[]} */
let history = []
/** Newest first. @type {Message[]} */
let messages = []
/** Shown while the list is held. @type {Message[] | undefined} */
let held
let connected = false

/** @param {number} value */
const number = (value) => new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(value)

/** @param {string} name */
const nameOf = (name) => texts[language].names[name] ?? name

/** Seconds as ms below one second. @param {{ value: number, beyond: boolean }} quantile */
function duration({ value, beyond }) {
  const time = value < 1 ? `${number(value * 1000)} ms` : `${value.toFixed(1)} s`
  return beyond ? `> ${time}` : time
}

/** @param {number} seconds */
function span(seconds) {
  const pad = (/** @type {number} */ part) => String(Math.floor(part)).padStart(2, '0')
  return `${pad(seconds / 3600)}:${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`
}

/** Year to second in the engine's zone, as everywhere else in Keymoment: 2026-03-02 09:14:07. @param {number} at */
function dateTime(at) {
  const options = /** @type {const} */ ({ dateStyle: 'short', timeStyle: 'medium' })
  return new Intl.DateTimeFormat('sv-SE', { ...options, timeZone: summary?.engine?.zone ?? 'UTC' }).format(at)
}

function showState() {
  const { ready, notReady, lost, connecting } = texts[language]
  const state = connected ? (summary?.ready ? 'ready' : 'waiting') : summary ? 'lost' : 'waiting'
  element('state').dataset.state = state
  write(element('state-text'), { ready, waiting: summary ? notReady : connecting, lost }[state])
  document.querySelector('main')?.classList.toggle('stale', state === 'lost')
  const problems = connected ? (summary?.problems ?? []) : []
  const lines = problems.map(({ code, reason }) => `${code}  ${reason}`)
  const list = element('problems')
  list.hidden = lines.length === 0
  if ([...list.children].map(({ textContent }) => textContent).join('\n') !== lines.join('\n')) {
    list.replaceChildren(...lines.map((line) => make('li', line)))
  }
}

/** @param {LiveSummary} now */
function showFacts({ engine, uptimeSeconds }) {
  const { speed } = texts[language]
  write(element('uptime'), span(uptimeSeconds))
  write(element('catalogue'), engine?.catalogueVersion.slice(0, 12) ?? '–')
  element('catalogue').title = engine?.catalogueVersion ?? ''
  write(element('engine-time'), engine ? dateTime(engine.time) : '–')
  const fast = engine && engine.speed !== 1 ? `, ${speed(number(engine.speed))}` : ''
  write(element('engine-zone'), engine ? `${engine.zone}${fast}` : '')
}

/** @param {readonly Tally[]} rows */
const totalOf = (rows) => rows.reduce((sum, { total }) => sum + total, 0)

/** @param {LiveSummary} now */
function showFigures({ eventsPerSecond, events, eventToCommand, lag, late, deadLetters }) {
  const { p50, noCommand } = texts[language]
  write(element('events-per-second'), number(eventsPerSecond))
  write(element('events-total'), number(totalOf(events)))
  write(element('p99'), eventToCommand ? duration(eventToCommand.p99) : '–')
  write(element('p50'), eventToCommand ? p50(duration(eventToCommand.p50)) : noCommand)
  write(element('lag'), number(lag.total))
  write(element('late'), number(totalOf(late)))
  write(element('dead-letters'), number(totalOf(deadLetters)))
  element('dead-letters').classList.toggle('alarm', deadLetters.length > 0)
  write(element('dead-letter-reasons'), deadLetters.map(({ name, total }) => `${name} ${number(total)}`).join(', '))
}

function showTrend() {
  const trend = element('events-trend')
  const rates = history.map(({ eventsPerSecond }) => eventsPerSecond).sort((a, b) => b - a)
  const most = rates[0] ?? 0
  // A burst of a few seconds (the history that a stream begins with) leaves the top, or all else would be a flat line.
  const top = Math.max(1, 1.5 * (rates[Math.ceil(rates.length * 0.1)] ?? 0))
  const from = historySeconds - history.length
  const points = history.map(({ eventsPerSecond }, second) => `${from + second},${40 - (38 * eventsPerSecond) / top}`)
  trend.setAttribute('viewBox', `0 0 ${historySeconds - 1} 40`)
  if (points.length < 2) return trend.replaceChildren()
  const area = path(`M${from},40L${points.join('L')}L${historySeconds - 1},40Z`, 'area')
  trend.replaceChildren(area, path(`M${points.join('L')}`, 'line'))
  write(element('events-most'), texts[language].most(number(most), number(historySeconds / 60)))
}

/** @param {string} d @param {string} className */
function path(d, className) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  made.setAttribute('d', d)
  made.setAttribute('class', className)
  return made
}

/** @typedef {{ tally: Tally, title: string, note?: string, className?: string }} Row */

/** Changes the numbers in place while the rows stay the same. @param {string} id @param {readonly Row[]} rows */
function showRows(id, rows) {
  const body = element(id)
  const key = rows.map(({ title, note }) => `${title}\n${note ?? ''}`).join('\n')
  if (body.dataset.rows !== key) {
    body.dataset.rows = key
    body.replaceChildren(...rows.map(makeRow))
  }
  for (const [index, { tally, className }] of rows.entries()) {
    const row = body.children[index]
    const [, lastMinute, total] = row?.children ?? []
    if (!row || !lastMinute || !total) continue
    row.className = [className ?? '', tally.total === 0 ? 'none' : ''].join(' ').trim()
    write(lastMinute, tally.lastMinute === 0 ? '·' : number(tally.lastMinute))
    write(total, number(tally.total))
  }
}

/** @param {Row} row */
function makeRow({ title, note }) {
  const row = document.createElement('tr')
  const name = document.createElement('th')
  name.scope = 'row'
  name.append(title)
  if (note) name.append(make('small', note))
  row.append(name, document.createElement('td'), document.createElement('td'))
  return row
}

/** @param {LiveSummary} now */
function showTallies({ moments, rules, suppressions, commands, receipts }) {
  const plain = (/** @type {Tally} */ tally) => ({ tally, title: nameOf(tally.name) })
  const ruleRow = (/** @type {LiveSummary['rules'][number]} */ rule) => ({
    tally: rule,
    title: rule.title?.[language] ?? rule.title?.en ?? rule.name,
    className: 'part',
  })
  showRows('moments', [
    ...moments.flatMap((kind) => [
      { ...plain(kind), className: 'kind' },
      ...rules.filter((rule) => rule.kind === kind.name).map(ruleRow),
    ]),
    ...rules.filter(({ kind }) => kind === null).map(ruleRow),
  ])
  showRows(
    'suppressions',
    suppressions.map((tally) => ({ tally, title: tally.name, note: tally.meaning[language] })),
  )
  showRows('commands', commands.map(plain))
  showRows('receipts', receipts.map(plain))
}

function showMessages() {
  const { shown, held: heldText } = texts[language]
  const list = held ?? messages
  const body = element('message-rows')
  const rows = new Map([...body.children].map((row) => [row instanceof HTMLElement ? row.dataset.number : '', row]))
  const wanted = list.map((message) => {
    const row = rows.get(String(message.number)) ?? makeMessage(message)
    const status = message.status ?? 'sent'
    const cell = row.lastElementChild
    if (cell) {
      cell.className = `status ${status}`
      write(cell, nameOf(status))
    }
    return row
  })
  for (const row of rows.values()) if (!wanted.includes(row)) row.remove()
  for (const [index, row] of wanted.entries()) {
    if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null)
  }
  element('no-messages').hidden = list.length > 0
  element('phone').hidden = list.length === 0
  const newer = messages.filter((message) => message.number > (held?.[0]?.number ?? 0)).length
  write(element('message-count'), held ? heldText(number(newer)) : list.length > 0 ? shown(number(list.length)) : '')
}

/** @param {Message} message */
function makeMessage(message) {
  const row = document.createElement('tr')
  row.dataset.number = String(message.number)
  const size = message.encoding ? `${texts[language].segments(message.segments)}, ${message.encoding}` : ''
  const phone = document.createElement('a')
  phone.href = `/phone?subscriber=${encodeURIComponent(message.subscriberId)}`
  phone.textContent = message.subscriberId
  const subscriber = make('td', '', 'subscriber')
  subscriber.append(phone)
  const at = make('td', dateTime(message.sentAt).slice(11), 'time')
  at.title = dateTime(message.sentAt)
  row.append(
    at,
    subscriber,
    make('td', nameOf(message.channel), 'channel'),
    make('td', message.address.slice(-4), 'address'),
    make('td', message.text, 'text'),
    make('td', size, 'size'),
    make('td', '', 'status'),
  )
  return row
}

function showLanguage() {
  document.documentElement.lang = language
  const own = /** @type {Record<string, unknown>} */ (texts[language])
  for (const target of document.querySelectorAll('[data-text]')) {
    const text = own[target.getAttribute('data-text') ?? '']
    if (typeof text === 'string') write(target, text)
  }
  const other = element('language')
  other.lang = language === 'en' ? 'zh' : 'en'
  write(other, language === 'en' ? '中文' : 'English')
  element('message-rows').replaceChildren()
}

function showAll() {
  showState()
  if (summary) {
    showFacts(summary)
    showFigures(summary)
    showTallies(summary)
    showTrend()
  }
  showMessages()
}

element('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en'
  localStorage.setItem(languageKey, language)
  showLanguage()
  showAll()
})

element('hold').addEventListener('click', () => {
  held = held ? undefined : messages
  element('hold').setAttribute('aria-pressed', String(held !== undefined))
  showMessages()
})

// A list that scrolls must be reachable by keyboard, also where browsers don't see to it.
element('messages').tabIndex = 0

const stream = new EventSource('/v1/live/stream')

stream.addEventListener('summary', ({ data }) => {
  connected = true
  summary = /** @type {LiveSummary} */ (JSON.parse(data))
  // The first one after a connection brings the whole past, each later one its own second.
  history = summary.history.length > 1 ? [...summary.history] : [...history, ...summary.history].slice(-historySeconds)
  showAll()
})

stream.addEventListener('messages', ({ data }) => {
  const news = /** @type {MessageNews} */ (JSON.parse(data))
  const byNumber = new Map((news.reset ? [] : messages).map((message) => [message.number, message]))
  for (const message of news.messages) byNumber.set(message.number, message)
  messages = [...byNumber.values()].sort((a, b) => b.number - a.number).slice(0, messagesMost)
  showMessages()
})

stream.addEventListener('error', () => {
  connected = false
  showState()
  // A browser gives up for good when it is refused; then it is asked for again.
  if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5_000)
})

showLanguage()
showAll()
