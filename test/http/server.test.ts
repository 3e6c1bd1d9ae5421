import { expect, onTestFinished, test } from 'vitest'
import { createHttpServer, type Readiness } from '../../services/http/server.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'

async function server(readiness: Readiness = () => []) {
  const lines: string[] = []
  const metrics = createMetrics()
  const logger = createLogger('info', { write: (line) => lines.push(line) })
  const http = await createHttpServer({ bodyBytesMax: 100, logger, metrics, readiness })
  onTestFinished(() => http.close())
  return { http, metrics, lines }
}

test('/healthz says that the process lives, whatever is missing', async () => {
  const { http } = await server(() => [{ code: 'KM_LOG_UNAVAILABLE', reason: 'Kafka does not answer' }])
  const response = await http.inject('/healthz')
  expect(response.statusCode).toBe(200)
  expect(response.json()).toEqual({ status: 'ok' })
})

test('/readyz is 200 where nothing is missing, else 503 with every coded reason', async () => {
  const problems: { code: string; reason: string }[] = []
  const { http } = await server(() => problems)
  const ready = await http.inject('/readyz')
  expect({ status: ready.statusCode, body: ready.json() }).toEqual({ status: 200, body: { ready: true, problems: [] } })
  problems.push({ code: 'KM_STORE_UNAVAILABLE', reason: 'shard 1: Redis does not answer' })
  problems.push({ code: 'KM_CHANNEL_DOWN', reason: 'smpp: not bound' })
  const unready = await http.inject('/readyz')
  expect({ status: unready.statusCode, body: unready.json() }).toEqual({
    status: 503,
    body: { ready: false, problems },
  })
})

/** The contract of DESIGN.md. */
const metricsOfTheContract: readonly (readonly [name: string, kind: string, labels: readonly string[]])[] = [
  ['keymoment_events_total', 'counter', ['type']],
  ['keymoment_moments_total', 'counter', ['kind', 'rule']],
  ['keymoment_commands_total', 'counter', ['channel']],
  ['keymoment_suppressions_total', 'counter', ['code']],
  ['keymoment_dead_letters_total', 'counter', ['reason']],
  ['keymoment_event_to_command_seconds', 'histogram', []],
  ['keymoment_shard_lag_records', 'gauge', ['service', 'shard']],
]

test('/metrics has every name of the contract, of its kind and with its labels', async () => {
  const { http, metrics } = await server()
  metrics.events.inc({ type: 'cdr' })
  metrics.moments.inc({ kind: 'change', rule: 'long-call' })
  metrics.commands.inc({ channel: 'sms' })
  metrics.suppressions.inc({ code: 'consent' })
  metrics.deadLetters.inc({ reason: 'KM_EVENT_FUTURE' })
  metrics.eventToCommand.observe(0.02)
  metrics.lag.set({ service: 'detect', shard: 3 }, 7)
  const { headers, payload } = await http.inject('/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  for (const [name, kind, labels] of metricsOfTheContract) {
    expect.soft(payload).toContain(`# TYPE ${name} ${kind}\n`)
    const line = new RegExp(`^${name}(_bucket)?\\{(.*)\\} `, 'm').exec(payload)
    const found = [...(line?.[2] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label)
    expect.soft(found.filter((label) => label !== 'le').toSorted(), name).toEqual([...labels].toSorted())
  }
})

test('/metrics names those that have no value yet', async () => {
  const { http } = await server()
  const { payload } = await http.inject('/metrics')
  for (const [name] of metricsOfTheContract) expect.soft(payload).toContain(`# HELP ${name} `)
})

test('/docs is an OpenAPI description of the routes', async () => {
  const { http } = await server()
  const body = (await http.inject('/docs')).json()
  expect(body.openapi).toMatch(/^3\./)
  expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/healthz', '/readyz', '/metrics', '/docs']))
})

test('a wrong path, a large body and a fault of ours are told by status and code; only ours is logged', async () => {
  const { http, lines } = await server()
  http.post('/take', async () => ({}))
  http.get('/fails', async () => {
    throw new Error('secret detail')
  })
  const nothing = await http.inject('/v1/nothing')
  expect({ status: nothing.statusCode, ...nothing.json() }).toMatchObject({ status: 404, code: 'KM_HTTP_NOT_FOUND' })
  const large = await http.inject({ method: 'POST', url: '/take', payload: { a: 'x'.repeat(200) } })
  expect({ status: large.statusCode, ...large.json() }).toMatchObject({ status: 413, code: 'KM_HTTP_TOO_LARGE' })
  expect(large.json().message).toMatch(/100 bytes/)
  expect(lines).toEqual([])
  const ours = await http.inject('/fails')
  expect({ status: ours.statusCode, ...ours.json() }).toMatchObject({ status: 500, code: 'KM_HTTP_INTERNAL' })
  expect(ours.payload).not.toContain('secret detail')
  expect(lines.join('')).toContain('secret detail')
})
