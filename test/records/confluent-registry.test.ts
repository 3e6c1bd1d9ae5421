import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { Codec } from '../../services/records/codec.ts'
import { createConfluentRegistry } from '../../services/records/confluent-registry.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { topics } from '../../services/topology.ts'
import { schemaRegistryConformance } from '../conformance/schema-registry.ts'
import { freePort } from '../support/free-port.ts'
import { servers } from '../support/servers.ts'

schemaRegistryConformance('confluent', async () => ({
  connect: async () => createConfluentRegistry(servers.schemaRegistryUrl),
  close: async () => undefined,
}))

test('the same bytes with either registry, but for the id', { timeout: 60_000 }, async () => {
  const embedded = await createCodec(createEmbeddedRegistry(':memory:'))
  const confluent = await createCodec(createConfluentRegistry(servers.schemaRegistryUrl))
  const encoded = (codec: Codec) =>
    codec.encode(topics.events.recharge, {
      event_id: 'r-1',
      subscriber_id: 's-1',
      event_time: 1_767_225_600_000,
      source: 'billing',
      amount: 5_000,
      currency: 'EUR',
      method: 'app',
    })
  const [ours, theirs] = [encoded(embedded), encoded(confluent)]
  for (const [codec, bytes] of [
    [embedded, ours],
    [confluent, theirs],
  ] as const) {
    expect(bytes[0]).toBe(0)
    expect(bytes.readUInt32BE(1)).toBe(codec.schemaIdOf(bytes, 0, bytes.length))
    expect(codec.isLearnt(bytes.readUInt32BE(1))).toBe(true)
  }
  expect(ours.subarray(5)).toEqual(theirs.subarray(5))
})

test('a registry that is not there is unavailable, and may be tried again', { timeout: 60_000 }, async () => {
  const registry = createConfluentRegistry(`http://127.0.0.1:${await freePort()}`)
  await expect(registry.schema(1)).rejects.toMatchObject({ code: 'KM_REGISTRY_UNAVAILABLE', canRetry: true })
  await expect(registry.register('a', { type: 'record', name: 'A', fields: [] })).rejects.toMatchObject({
    code: 'KM_REGISTRY_UNAVAILABLE',
    canRetry: true,
  })
})

/** An HTTP server which gives the answers in turn, the last one for ever. */
async function answering(...answers: readonly (readonly [status: number, body: object])[]) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const [status, body] = answers[Math.min(requests.length, answers.length - 1)] ?? [500, {}]
    requests.push(request.headers.authorization ?? '')
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return { requests, host: typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '' }
}

test('a registry in trouble is asked again, with the password of the URL', { timeout: 30_000 }, async () => {
  const schema = JSON.stringify({ type: 'record', name: 'A', fields: [] })
  const { host, requests } = await answering([503, {}], [500, {}], [200, { schema }])
  const registry = createConfluentRegistry(`http://user:p%40ss@${host}`)
  expect(await registry.schema(7)).toMatchObject({ name: 'A' })
  expect(requests).toEqual(Array(3).fill(`Basic ${Buffer.from('user:p@ss').toString('base64')}`))
})

test('a registry that refuses is not asked again', async () => {
  const { host, requests } = await answering([401, { message: 'who are you?' }])
  await expect(createConfluentRegistry(`http://${host}`).schema(7)).rejects.toMatchObject({
    code: 'KM_REGISTRY_UNAVAILABLE',
    canRetry: false,
  })
  expect(requests).toHaveLength(1)
})

test('processes that register the same new subjects at the same moment all get their ids', {
  timeout: 60_000,
}, async () => {
  const run = `race-${process.pid}-${Date.now()}`
  const schema = { type: 'record', name: 'Race', fields: [{ name: 'a', type: 'string' }] }
  const clients = Array.from({ length: 6 }, () => createConfluentRegistry(servers.schemaRegistryUrl))
  for (let round = 0; round < 8; round++) {
    const ids = await Promise.all(clients.map((client) => client.register(`${run}-${round}-value`, schema)))
    expect(new Set(ids).size).toBe(1)
  }
})
