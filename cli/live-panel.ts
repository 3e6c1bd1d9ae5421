import { styleText } from 'node:util'
import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import type { SandboxMessage } from '../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import type { LiveSummary, Tally } from '../services/live/summary.ts'
import { counted, duration, engineTime, number, printable, totalOf } from './live-lines.ts'

export interface PanelContent {
  readonly url: string
  readonly summary: LiveSummary
  /** Newest first. */
  readonly messages: readonly SandboxMessage[]
  /** Size of the terminal, in cells. */
  readonly columns: number
  readonly rows: number
  /** Decides whether there are colours. */
  readonly out: NodeJS.WriteStream
}

const labelWidth = 11
const gap = '   '
/** Below this a message is its time, its address and its text. */
const narrow = 64
const bars = '▁▂▃▄▅▆▇█'

/** The panel as text: no line is wider than the terminal, whatever it says, and there are fewer lines than rows. */
export function drawPanel({ url, summary, messages, columns, rows, out }: PanelContent): string {
  const width = Math.max(1, columns - 1) // a full last cell makes some terminals wrap
  const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream: out })
  const label = (text: string) => paint('dim', text.padEnd(labelWidth))
  const line = (name: string, cells: readonly string[]) =>
    flow(name, cells, width).map(([head, rest]) => label(head) + rest)
  const { ready, problems, engine, events, eventToCommand, lag, late, deadLetters } = summary

  const state = ready ? paint('green', '● ready') : paint('yellow', '○ not ready')
  const speed = engine && engine.speed !== 1 ? ` (${number(engine.speed)}×)` : ''
  const time = engine ? [`${engineTime(engine.time, summary)} ${engine.zone}${speed}`] : []
  const trouble = totalOf(deadLetters)
  const trend = sparkline(
    summary.history.map(({ eventsPerSecond }) => eventsPerSecond),
    Math.min(60, width - labelWidth - 20),
  )
  const top = [
    ...flow('', [`${paint('bold', 'Keymoment')}  ${state}`, url, ...time], width, 0).map(([, rest]) => rest),
    ...problems.map(({ code, reason }) => paint('yellow', printable(`${code}  ${reason}`))),
    '',
    ...line('events/s', [`${number(summary.eventsPerSecond).padStart(7)}  ${paint('cyan', trend)}`]),
    ...line('', [`${number(totalOf(events))} events`, `lag ${number(lag.total)}`, `late ${number(totalOf(late))}`]),
    ...line('to command', [`p50 ${duration(eventToCommand?.p50)}`, `p99 ${duration(eventToCommand?.p99)}`]),
    ...line('moments', cellsOf(summary.moments)),
    ...line('commands', cellsOf(counted(summary.commands))),
    ...line('receipts', cellsOf(counted(summary.receipts))),
    ...line('kept back', cellsOf(counted(summary.suppressions))),
    ...(trouble > 0 ? line('dead', [paint('red', number(trouble)), ...cellsOf(deadLetters)]) : []),
  ]
  const room = rows - 1 - top.length - 2
  const shown = messages.slice(0, Math.max(0, room))
  const bottom =
    room < 1
      ? []
      : [
          '',
          paint('dim', shown.length > 0 ? 'messages, newest first' : 'no message yet'),
          ...shown.map((message) => shortLine(message, summary, width)),
        ]
  return [...top, ...bottom]
    .slice(0, Math.max(1, rows - 1))
    .map((text) => cutOff(text, width))
    .join('\n')
}

const cellsOf = (tallies: readonly Tally[]): string[] =>
  tallies.length === 0 ? ['–'] : tallies.map(({ name, total }) => `${name} ${number(total)}`)

/** Cut off at the width. What cuts and what measures differ by a cell at some emoji; the measure decides. */
function cutOff(text: string, width: number): string {
  for (let cut = width; cut > 0; cut--) {
    const shown = cliTruncate(text, cut)
    if (stringWidth(shown) <= width) return shown
  }
  return ''
}

/** Cells one after another in as many lines as the width wants; the label stands before the first one. */
function flow(label: string, cells: readonly string[], width: number, indent = labelWidth): [string, string][] {
  const lines: [string, string][] = []
  let current = ''
  for (const cell of cells) {
    const wider = current === '' ? cell : current + gap + cell
    if (current !== '' && indent + stringWidth(wider) > width) {
      lines.push([lines.length === 0 ? label : '', current])
      current = cell
    } else current = wider
  }
  return [...lines, [lines.length === 0 ? label : '', current]]
}

/** The newest values as bars, as many as there are cells. A short burst leaves the top, or all else would be flat. */
function sparkline(values: readonly number[], cells: number): string {
  const shown = cells > 0 ? values.slice(-cells) : []
  const ninetieth = shown.toSorted((a, b) => b - a)[Math.ceil(shown.length * 0.1)] ?? 0
  const top = Math.max(1, 1.2 * ninetieth)
  const level = (value: number) => Math.min(bars.length - 1, Math.round((value / top) * (bars.length - 1)))
  return shown.map((value) => bars[level(value)] ?? '').join('')
}

function shortLine(message: SandboxMessage, summary: LiveSummary, width: number): string {
  const { sentAt, subscriberId, address, status, text } = message
  const time = engineTime(sentAt, summary).slice(11)
  const masked = address.slice(-4)
  if (width < narrow) return printable(`${time}  ${masked}  ${text}`)
  return printable(`${time}  ${subscriberId} ${masked}  ${(status ?? 'sent').padEnd(9)}  ${text}`)
}
