import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { printable, summaryLine } from '../../cli/live-lines.ts'
import { drawPanel } from '../../cli/live-panel.ts'
import { showLive } from '../../cli/live-view.ts'
import type { SandboxMessage } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { createSummaries, type LiveSummary } from '../../services/live/summary.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { startLiveProcess } from '../live/live-process.ts'
import { waitFor } from '../support/wait-for.ts'

/** A stream that says it is a terminal of this size, or not one, and what was written to it. */
function fakeOut(size?: { columns: number; rows: number }) {
  const stream = new PassThrough()
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const out = Object.assign(stream, size ? { isTTY: true, ...size } : { isTTY: false }) as unknown as NodeJS.WriteStream
  return { out, text: () => text }
}

async function busySummary(): Promise<LiveSummary> {
  const metrics = createMetrics()
  let now = 0
  const summaries = await createSummaries({
    metrics,
    readiness: () => [],
    platform: () => undefined,
    monotonic: () => now,
  })
  metrics.moments.inc({ kind: 'do-not-disturb', rule: 'open-complaint' }, 1_234)
  metrics.suppressions.inc({ code: 'quiet-hours' }, 12_345)
  metrics.suppressions.inc({ code: 'rule-withdrawn' }, 3)
  metrics.deadLetters.inc({ reason: 'KM_RECORD_UNDECODABLE' }, 2)
  metrics.eventToCommand.observe(0.02)
  for (let second = 0; second < 200; second++) {
    metrics.events.inc({ type: 'cdr' }, 1_000 + 40 * (second % 20))
    now += 1_000
    await summaries.sample()
  }
  return summaries.current()
}

const message = (number: number, text: string): SandboxMessage => ({
  number,
  channel: 'sms',
  commandId: `command-${number}`,
  subscriberId: '460001000001464',
  address: '•••••••••64',
  text,
  encoding: 'ucs2',
  segments: 1,
  sentAt: Date.parse('2026-03-02T10:00:00Z'),
  status: number % 2 === 0 ? 'delivered' : null,
  reportedAt: null,
  can: [],
  answers: [],
})

const messages = [
  message(4, '您的余额已不足10元，为免影响使用，请通过掌厅、营业厅或热线及时充值。'.repeat(3)),
  message(3, '👨‍👩‍👧 family emoji and a flag 🇨🇳 '.repeat(6)),
  message(2, 'a\u001b[2J\u001b[H\r\nb\u202ec'),
  message(1, 'plain'),
]

test.each([
  { columns: 1, rows: 1 },
  { columns: 20, rows: 8 },
  { columns: 40, rows: 24 },
  { columns: 80, rows: 24 },
  { columns: 200, rows: 60 },
])('a panel of $columns by $rows stays inside', async ({ columns, rows }) => {
  const summary = await busySummary()
  const { out } = fakeOut({ columns, rows })
  const lines = drawPanel({ url: 'http://127.0.0.1:8080', summary, messages, columns, rows, out }).split('\n')
  expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
  for (const line of lines) expect(stringWidth(line)).toBeLessThan(Math.max(2, columns))
})

test.each([40, 80, 200])('at %i columns every figure is there', async (columns) => {
  const summary = await busySummary()
  const { out } = fakeOut({ columns, rows: 60 })
  const panel = stripVTControlCharacters(
    drawPanel({ url: 'http://127.0.0.1:8080', summary, messages, columns, rows: 60, out }),
  )
  for (const figure of [
    '● ready',
    'http://127.0.0.1:8080',
    'do-not-disturb 1,234',
    'quiet-hours 12,345',
    'rule-withdrawn 3',
    'KM_RECORD_UNDECODABLE 2',
    'lag 0',
    'p99',
    '▆▆▆',
    'plain',
  ]) {
    expect(panel).toContain(figure)
  }
})

test('a text cannot steer the terminal', () => {
  expect(printable('a\u001b[2J\u0007\u009b1m\r\nb\u202ec')).toBe('a [2J  1m  b c')
  expect(printable('充值 5 % 👍')).toBe('充值 5 % 👍')
})

test('not ready: the line says why', async () => {
  const summary = { ...(await busySummary()), ready: false, problems: [{ code: 'KM_STARTING', reason: 'opening' }] }
  expect(summaryLine(summary)).toMatch(/not ready: KM_STARTING opening$/)
})

test('on a terminal: a panel with the message, redrawn, and left standing at the end', async () => {
  const live = await startLiveProcess('two\nlines')
  const { out, text } = fakeOut({ columns: 100, rows: 40 })
  const end = showLive(live, out)
  await live.topUp('en')
  await waitFor('the message', () => text().includes('two lines'))
  expect(text()).toContain(live.url)
  const before = text().length
  out.columns = 50
  out.emit('resize')
  await waitFor(
    'a panel on an empty screen',
    () => text().slice(before).includes('\u001b[2J\u001b[H') && text().slice(before).includes('events/s'),
  )
  end()
  // The cursor was never hidden, so that nothing has to bring it back.
  expect(text()).not.toContain('\u001b[?25l')
  const length = text().length
  await live.stop()
  expect(text()).toHaveLength(length)
})

test('elsewhere: plain lines, one for each of the first messages', async () => {
  const live = await startLiveProcess()
  const { out, text } = fakeOut()
  const end = showLive(live, out)
  for (let i = 0; i < 22; i++) await live.topUp(i % 2 === 0 ? 'en' : 'zh')
  await waitFor('the end of the messages', () => text().includes('further messages'), { deadlineMs: 15_000 })
  await waitFor('the second summary', () => (text().match(/events\/s/g)?.length ?? 0) >= 2)
  end()
  const lines = text().trimEnd().split('\n')
  expect(lines[0]).toBe(`Keymoment: live page at ${live.url}`)
  const sent = lines.filter((line) => line.includes('  sms subscriber-'))
  expect(sent).toHaveLength(20)
  expect(sent[0]).toMatch(/^2026-03-02 10:00:\d\d {2}sms subscriber-\d+ •+\d\d {2}1 segment (gsm7|ucs2) {2}\S/)
  expect(lines.filter((line) => /^2026-03-02 10:00:\d\d {2}[\d,]+ events\/s/.test(line)).length).toBeGreaterThan(0)
  expect(text()).not.toContain('\u001b')
})
