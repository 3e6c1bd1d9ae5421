import type { ServerResponse } from 'node:http'

/** A named server-sent event; its data is sent as JSON. */
export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

export interface LiveStream {
  readonly size: number
  /** Takes a response over until its client leaves or the stream is closed. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>, greeting: () => readonly ServerEvent[]): void
  /** To everybody. Who can't keep up is left out, and greeted anew once it can. */
  send(events: readonly ServerEvent[]): void
  /** Ends every response in order. */
  close(): void
}

/** Clients of a stream of server-sent events. Bounded: nothing waits here for a slow client but what it was sent. */
export function createLiveStream(clientsMost: number): LiveStream {
  const clients = new Map<ServerResponse, { greeting: () => readonly ServerEvent[]; missed: boolean }>()
  return {
    get size() {
      return clients.size
    },
    add(response, headers, greeting) {
      if (clients.size >= clientsMost) {
        response.writeHead(503, { ...headers, 'retry-after': '10' }).end()
        return
      }
      response.on('close', () => clients.delete(response))
      response.on('error', () => clients.delete(response))
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      response.write(`retry: 1000\n\n${greeting().map(format).join('')}`)
      clients.set(response, { greeting, missed: false })
    },
    send(events) {
      const text = events.map(format).join('')
      for (const [response, client] of clients) {
        if (response.writableNeedDrain) client.missed = true
        else {
          response.write(client.missed ? client.greeting().map(format).join('') : text)
          client.missed = false
        }
      }
    },
    close() {
      for (const response of clients.keys()) response.end()
      clients.clear()
    },
  }
}

const format = ({ event, data }: ServerEvent): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
