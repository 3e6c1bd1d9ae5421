import type { ServerResponse } from 'node:http'
import type { PromptNews } from '../records/types.ts'
import type { BoardPrompt, PromptBoard } from './prompt-board.ts'
import { iso, promptView } from './views.ts'

/** Of the interface for agents' screens; a change that a client could trip over makes it another. */
const promptInterface = 1

export interface PromptStream {
  /** Takes a response over until its client leaves or the stream is closed. */
  add(response: ServerResponse, of: { readonly agent: string | undefined; readonly call: string | undefined }): void
  close(): void
}

const clientsMost = 5_000
const keepAliveMs = 15_000
const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

interface Client {
  readonly agent: string | undefined
  readonly call: string | undefined
  /** Prompts on this screen: one that goes to another agent is withdrawn here. */
  readonly shown: Set<string>
}

/**
 * Prompts as server-sent events: show, update, withdraw, acknowledge, outcome. Who comes is shown first what is on screens now. Who
 * can't keep up is cut off, and comes again by itself.
 */
export function createPromptStream(board: PromptBoard): PromptStream {
  const clients = new Map<ServerResponse, Client>()
  const unsubscribe = board.subscribe((news, prompt) => {
    for (const [response, client] of clients) {
      const event = eventFor(client, news, prompt)
      if (event === undefined) continue
      if (response.writableNeedDrain) response.destroy()
      else response.write(event)
    }
  })
  const beat = setInterval(() => {
    for (const response of clients.keys()) if (!response.writableNeedDrain) response.write(': still here\n\n')
  }, keepAliveMs).unref()

  return {
    add(response, { agent, call }) {
      if (clients.size >= clientsMost) {
        response.writeHead(503, { ...headers, 'retry-after': '10' }).end()
        return
      }
      const client: Client = { agent, call, shown: new Set() }
      response.on('close', () => clients.delete(response))
      response.on('error', () => clients.delete(response))
      response.writeHead(200, headers)
      const own = board.live().filter((prompt) => isFor(client, prompt))
      for (const { id } of own) client.shown.add(id)
      const hello = format('hello', { interface: promptInterface })
      response.write(`retry: 1000\n\n${hello}${own.map((prompt) => format('show', promptView(prompt))).join('')}`)
      clients.set(response, client)
    },
    close() {
      clearInterval(beat)
      unsubscribe()
      for (const response of clients.keys()) response.end()
      clients.clear()
    },
  }
}

const isFor = ({ agent, call }: Client, prompt: BoardPrompt): boolean =>
  (agent === undefined || prompt.agent === agent) && (call === undefined || prompt.call_id === call)

function eventFor(client: Client, news: PromptNews, prompt: BoardPrompt): string | undefined {
  const { id, call_id } = prompt
  const about = { id, call_id, at: iso(news.at) }
  const wasShown = client.shown.has(id)
  if (!isFor(client, prompt)) {
    if (!wasShown) return undefined
    client.shown.delete(id)
    return format('withdraw', { ...about, reason: 'transferred' })
  }
  client.shown.add(id)
  switch (news.phase) {
    case 'show':
      return format('show', promptView(prompt))
    case 'update':
      // To whom it comes only now it is new.
      return wasShown ? format('update', { ...about, agent: prompt.agent }) : format('show', promptView(prompt))
    case 'acknowledged':
      return format('acknowledge', { ...about, agent: news.agent ?? null })
    case 'outcome':
      return format('outcome', { ...about, agent: news.agent ?? null, code: news.reason ?? null })
    case 'withdraw':
      client.shown.delete(id)
      return format('withdraw', { ...about, reason: news.reason ?? null })
  }
}

const format = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
