import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { createLogger, type Logger } from '../../services/telemetry/log.ts'

/** What one call writes. */
function written(write: (logger: Logger) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLogger('trace', { write: (line) => lines.push(line) }))
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '')
}

const number = '+8613800138000'
const digits = '13800138000'

const table: readonly (readonly [what: string, write: (logger: Logger) => void])[] = [
  ['a message', (log) => log.info(`sent to ${number}`)],
  ['a message with blanks in the number', (log) => log.info('sent to +86 138 0013 8000')],
  ['a placeholder', (log) => log.info('sent to %s', number)],
  ['a number without its plus', (log) => log.info(`sent to 86${digits}`)],
  ['a field', (log) => log.info({ to: number }, 'sent')],
  ['a field of a field', (log) => log.info({ message: { to: number } }, 'sent')],
  ['a list', (log) => log.info({ numbers: [number, { to: number }] }, 'sent')],
  ['an address', (log) => log.info({ address: digits }, 'sent')],
  ['a field called text', (log) => log.info({ receipt: { text: `call ${digits}` } }, 'received')],
  ['an error', (log) => log.error({ err: new Error(`cannot send to ${number}`) }, 'failed')],
  ['an error with a cause', (log) => log.error({ err: new Error('failed', { cause: new Error(number) }) }, 'failed')],
  ['a coded error', (log) => log.error({ err: new CodedError('KM_X', `cannot send to ${number}`) }, 'failed')],
  ['an error alone', (log) => log.error(new Error(`cannot send to ${number}`))],
  ['what is no error', (log) => log.error({ err: `cannot send to ${number}` }, 'failed')],
  ['what a child says', (log) => log.child({ service: 'deliver' }).warn({ reason: `to ${number}` }, `to ${number}`)],
]

for (const [what, write] of table) {
  test(`no telephone number is left in ${what}`, () => {
    const { time, ...line } = written(write)
    expect(time).toBeDefined()
    expect(JSON.stringify(line).replace(/[ -]/g, '')).not.toMatch(/\d{8}/)
  })
}

test.each<[string, (logger: Logger) => void]>([
  ['a message', (log) => log.info('no answer from smpp://keymoment:pa55:word@smsc:2775')],
  ['a field', (log) => log.info({ redis: { url: 'redis://:pa55word@redis:6379' } }, 'lost')],
  ['an error', (log) => log.error({ err: new Error('https://name:pa55word@registry.example/a failed') }, 'failed')],
])('no password of a URL is left in %s, but where it leads', (_, write) => {
  const line = JSON.stringify(written(write))
  expect(line).not.toContain('pa55')
  expect(line).toMatch(/:\[redacted\]@(smsc|redis|registry)/)
})

test('what is no telephone number stays as it is', () => {
  const fields = {
    subscriber_id: 's-8613800138000',
    shard: 3,
    position: 1234567890123,
    code: 'KM_X',
    url: 'http://127.0.0.1:8080',
  }
  const line = written((log) => log.info(fields, 'at 2026-03-02T08:00:00.000Z after 1500 ms'))
  expect(line).toMatchObject({ ...fields, msg: 'at 2026-03-02T08:00:00.000Z after 1500 ms', level: 'info' })
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/)
})

test('an error keeps its code, message and stack', () => {
  const { err } = written((log) => log.error({ err: new CodedError('KM_X', 'not there') }, 'failed'))
  expect(err).toMatchObject({ code: 'KM_X', message: 'not there', stack: expect.stringContaining('log.test.ts') })
})
