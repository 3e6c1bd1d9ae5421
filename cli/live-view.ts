import { createLogUpdate } from 'log-update'
import type { SandboxMessage } from '../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { sandboxMessages } from '../services/live/messages.ts'
import type { LiveSummary } from '../services/live/summary.ts'
import type { RunningProcess } from '../services/platform/process.ts'
import { messageLine, summaryLine } from './live-lines.ts'
import { drawPanel } from './live-panel.ts'

type Watched = Pick<RunningProcess, 'url' | 'http'>

const everyMs = 1_000
const emptyScreen = '\u001b[2J\u001b[H'
const lineEverySeconds = 5
/** Without a terminal, so many messages get a line each; a file or a pipe isn't the place for all of them. */
const messageLinesMost = 20

/**
 * Shows what goes on in a process that has the live page among its services: on a terminal a panel that is redrawn once
 * a second, elsewhere plain lines. Returns how to end it; the last panel stays.
 */
export function showLive(running: Watched, out: NodeJS.WriteStream): () => void {
  return out.isTTY ? showPanel(running, out) : showLines(running, out)
}

function showPanel(running: Watched, out: NodeJS.WriteStream): () => void {
  // The cursor stays visible: so there is nothing to restore, however the process ends.
  const update = createLogUpdate(out, { showCursor: true })
  // What a terminal does to lines that no longer fit when it is resized can't be known: begin on an empty screen.
  const afresh = () => {
    update.done()
    out.write(emptyScreen)
  }
  out.on('resize', afresh)
  const stop = everySecond(running, (summary, messages) => {
    const { columns = 80, rows = 24 } = out
    // A warning may have been logged into the panel: draw all of it, not only what changed.
    if (process.stderr.isTTY) update.clear()
    update(drawPanel({ url: running.url, summary, messages, columns, rows, out }))
  })
  return () => {
    stop()
    out.off('resize', afresh)
    update.done()
  }
}

function showLines({ url, http }: Watched, out: NodeJS.WriteStream): () => void {
  let seconds = 0
  let seen = 0
  let shown = 0
  const line = (text: string) => out.write(`${text}\n`)
  line(`Keymoment: live page at ${url}`)
  return everySecond({ url, http }, (summary, messages) => {
    const fresh = messages.filter(({ number }) => number > seen).reverse()
    for (const message of fresh) {
      seen = message.number
      if (shown >= messageLinesMost) continue
      line(messageLine(message, summary))
      shown += 1
      if (shown === messageLinesMost) line(`further messages are shown at ${url}`)
    }
    if (seconds++ % lineEverySeconds === 0) line(summaryLine(summary))
  })
}

/** Calls back at once and then every second with what the process shows over HTTP too. Returns how to stop. */
function everySecond(
  { http }: Watched,
  show: (summary: LiveSummary, messages: readonly SandboxMessage[]) => void,
): () => void {
  let stopped = false
  let busy = false
  async function look(): Promise<void> {
    const response = await http.inject('/v1/live')
    const messages = await sandboxMessages(http, messageLinesMost)
    if (!stopped && response.statusCode === 200) show(response.json<LiveSummary>(), messages)
  }
  const next = () => {
    if (busy) return
    busy = true
    look()
      .catch(() => undefined) // a server that closes answers no more
      .finally(() => {
        busy = false
      })
  }
  next()
  const timer = setInterval(next, everyMs)
  timer.unref()
  return () => {
    stopped = true
    clearInterval(timer)
  }
}
