import { expect, onTestFinished, test } from 'vitest'
import { pauseScope, resume } from '../../services/control/act.ts'
import { type ControlParts, openControl } from '../../services/control/open.ts'
import type { Scope } from '../../services/control/scope.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'

const everything: Scope = { channel: null, purpose: null, campaign: null }
const marketing: Scope = { ...everything, purpose: 'marketing' }
const actor = { author: 'night shift', reason: 'wrong price' }
const message = { channel: 'sms', purpose: 'marketing', campaigns: ['low-balance'] } as const

/** Processes on one log, which can be made not to answer. */
async function createProcesses() {
  const log = createEmbeddedLog({ file: ':memory:', shards: 4 })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  onTestFinished(() => log.close())
  const fault = { isAway: false }
  const away: EventLog = {
    ...log,
    join: (options) => log.join(options),
    ends: async (names, signal) => {
      if (fault.isAway) throw new CodedError('KM_LOG_UNAVAILABLE', 'away', { canRetry: true })
      return log.ends(names, signal)
    },
  }
  return {
    log,
    codec,
    fault,
    async open(parts: Partial<ControlParts> = {}) {
      const metrics = createMetrics()
      const control = await openControl({
        log: away,
        codec,
        clock: wallClock,
        speed: 1,
        metrics,
        logger: createLogger('silent'),
        fail: (error) => expect.unreachable(String(error)),
        timing: { checkEveryMs: 20, validMs: 200, patienceMs: 1_000 },
        ...parts,
      })
      onTestFinished(() => control.close())
      return { control, metrics }
    },
  }
}

test('a pause holds in every process, also in one that begins later, until somebody resumes it', async () => {
  const processes = await createProcesses()
  const { control: one } = await processes.open()
  const { control: other, metrics } = await processes.open()
  const heard: (string | undefined)[] = []
  other.subscribe(() => heard.push(other.pauseOf(message)?.author))
  const { pause, unchanged } = await pauseScope(one, marketing, actor)
  expect(unchanged).toBe(false)
  expect(one.pauseOf(message)).toEqual(pause)
  await waitFor('the other to know', () => other.pauseOf(message)?.id === pause.id)
  expect(heard).toContain('night shift')
  expect(await metrics.registry.getSingleMetricAsString('keymoment_pauses')).toContain(
    'keymoment_pauses{channel="",purpose="marketing",campaign=""} 1',
  )
  expect(await pauseScope(other, marketing, actor)).toEqual({ pause, unchanged: true })

  const { control: later } = await processes.open()
  expect(later.pauseOf(message)?.id).toBe(pause.id)
  await resume(later, marketing, actor)
  expect(later.pauseOf(message)).toBeUndefined()
  await waitFor('the first to know', () => one.pauseOf(message) === undefined)
  expect(one.ledger.history.map(({ action, author, reason }) => [action, author, reason])).toEqual([
    ['resume', 'night shift', 'wrong price'],
    ['pause', 'night shift', 'wrong price'],
  ])
})

test('a resume leaves what others have paused, and says of a pause that is not there which are', async () => {
  const { control } = await (await createProcesses()).open()
  const { pause } = await pauseScope(control, marketing, actor)
  await pauseScope(control, everything, actor)
  const { resumed, remaining } = await resume(control, everything, actor)
  expect([resumed.length, remaining]).toEqual([1, [pause]])
  await expect(resume(control, everything, actor)).rejects.toMatchObject({
    code: 'KM_PAUSE_NONE',
    message: `no pause of everything is in force; in force: purpose marketing (${pause.id})`,
  })
  await resume(control, pause.id, actor)
  expect(control.ledger.pauses).toEqual([])
})

test('a log that does not say what is paused holds marketing and care after a while, until it answers again', async () => {
  const processes = await createProcesses()
  const { control } = await processes.open()
  const unknown = () => (['marketing', 'care', 'service', 'regulatory'] as const).filter(control.isUnknown)
  expect([unknown(), control.problems()]).toEqual([[], []])
  processes.fault.isAway = true
  await waitFor('marketing to wait', () => unknown().length > 0)
  expect(unknown()).toEqual(['marketing', 'care'])
  expect(control.problems()).toMatchObject([{ code: 'KM_PAUSES_UNKNOWN' }])
  processes.fault.isAway = false
  await waitFor('marketing to go on', () => unknown().length === 0)
  expect(control.problems()).toEqual([])
})

test('whoever looks before a send notices that what is known is old, though no timer has fired since', async () => {
  const processes = await createProcesses()
  const { control } = await processes.open({ timing: { checkEveryMs: 60_000, validMs: 50, patienceMs: 1_000 } })
  control.look()
  expect(control.isUnknown('marketing')).toBe(false)
  await new Promise((resolve) => setTimeout(resolve, 80))
  expect(control.isUnknown('marketing')).toBe(false)
  control.look()
  expect(control.isUnknown('marketing')).toBe(true)
  await control.refresh()
  expect(control.isUnknown('marketing')).toBe(false)
})

test('where nothing can be read at the start, nothing starts', async () => {
  const processes = await createProcesses()
  processes.fault.isAway = true
  await expect(processes.open()).rejects.toMatchObject({ code: 'KM_LOG_UNAVAILABLE', canRetry: true })
})

test('a record that cannot be read holds marketing and care, readyz says so, and it can be lifted by its id', async () => {
  const processes = await createProcesses()
  const { control } = await processes.open()
  await processes.log.append([{ topic: topics.control.name, key: 'x', value: Buffer.from('nonsense') }])
  await control.refresh()
  expect(control.pauseOf(message)).toMatchObject({ isUnreadable: true })
  expect(control.pauseOf({ ...message, purpose: 'service' })).toBeUndefined()
  expect(control.problems()).toMatchObject([{ code: 'KM_PAUSE_UNREADABLE' }])
  const [{ id } = { id: '' }] = control.ledger.pauses
  await expect(resume(control, everything, actor)).rejects.toMatchObject({ code: 'KM_PAUSE_NONE' })
  await resume(control, id, actor)
  expect([control.pauseOf(message), control.problems()]).toEqual([undefined, []])
  const { control: later } = await processes.open()
  expect(later.pauseOf(message)).toBeUndefined()
})
