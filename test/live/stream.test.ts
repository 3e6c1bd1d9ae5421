import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createLiveStream } from '../../services/live/stream.ts'
import { waitFor } from '../support/wait-for.ts'

/** A stream behind a real server, and how to become its client. */
async function startStream(clientsMost: number) {
  const stream = createLiveStream(clientsMost)
  let greeted = 0
  const server = createServer((_request, response) =>
    stream.add(response, {}, () => [{ event: 'greeting', data: ++greeted }]),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    stream.close()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const join = () => new Promise<IncomingMessage>((resolve) => get({ host: '127.0.0.1', port, agent: false }, resolve))
  return { stream, join }
}

function collect(response: IncomingMessage): () => string {
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  response.on('error', () => undefined)
  return () => text
}

test('greets, tells everybody, forgets who left', async () => {
  const { stream, join } = await startStream(5)
  const [first, second] = [await join(), await join()]
  const [heardFirst, heardSecond] = [collect(first), collect(second)]
  stream.send([{ event: 'news', data: { text: 'a\nb' } }])
  const news = 'event: news\ndata: {"text":"a\\nb"}\n\n'
  await waitFor('the news', () => heardFirst().endsWith(news) && heardSecond().endsWith(news))
  expect(heardFirst()).toBe(`retry: 1000\n\nevent: greeting\ndata: 1\n\n${news}`)
  first.destroy()
  await waitFor('one client', () => stream.size === 1)
})

test('more clients than it is made for are asked to come later', async () => {
  const { join } = await startStream(1)
  await join()
  const refused = await join()
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '10'])
})

test('a client that does not read holds no memory, and is greeted anew once it reads', async () => {
  const { stream, join } = await startStream(1)
  const slow = await join()
  slow.pause()
  const large = 'x'.repeat(1_000_000)
  for (let i = 0; i < 200; i++) {
    stream.send([{ event: 'news', data: { i, large } }])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const heard = collect(slow)
  slow.resume()
  await waitFor('the second greeting', () => {
    stream.send([{ event: 'news', data: 'after' }])
    return heard().includes('event: greeting\ndata: 2') && heard().includes('"after"')
  })
  // Most of the 200 MB were never written to it.
  expect(heard().length).toBeLessThan(50_000_000)
})
