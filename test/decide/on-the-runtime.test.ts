import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { DecideState } from '../../services/decide/state.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../../services/flow/documents.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import type { Step } from '../../services/flow/step.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Command, Decision, Moment, Profile, RecordTypes } from '../../services/records/types.ts'
import { serviceNodes, type Topic, topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { catalogueWith } from './catalogue.ts'

const node = serviceNodes.decide
const noon = Date.parse('2026-03-02T12:00:00Z')

const moment = (id: string, minutes: number): Moment => ({
  moment_id: id,
  subscriber_id: 's',
  detected_at: noon + minutes * 60_000,
  at: noon + minutes * 60_000,
  rule: 'service',
  rule_version: '1',
  kind: 'change',
  purpose: 'service',
  occurrence: id,
  expires_at: noon + 86_400_000,
  evidence: {},
  offers: ['booster'],
  segments: {},
  mode: 'live' as const,
})

/** Decide on a log in memory and a store in a file, which can go back to what it was. */
async function setUp() {
  const clock = simulatedClock()
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const file = join(temporaryFolder(), 'state.sqlite')
  const step = createDecideStep(catalogueWith({ quietHours: [] })) as Step<DecideState, AnyInput, AnyOutput>

  /** Decides on this log until `done`, then ends without waiting for what has not left. */
  async function decideUntil(done: (idle: boolean) => Promise<boolean>, on: EventLog = log) {
    const store = createEmbeddedStore({ file })
    const service = await startService({
      node,
      log: on,
      store,
      codec,
      clock,
      settings: { ...flowDefaults, groupMs: 1 },
      observer: silentObserver,
      createProcessor: () => new DocumentProcessor<DecideState>({ step, reads: node.reads, codec }),
      onFailed: (error) => {
        throw error
      },
    })
    const end = async () => {
      await service.stop(0)
      await store.close()
    }
    try {
      await waitFor('the decisions', () => done(service.isIdle()))
    } finally {
      await end()
    }
  }

  async function read<Name extends 'decision' | 'command'>(topic: Topic<Name>): Promise<RecordTypes[Name][]> {
    const found: RecordTypes[Name][] = []
    const [ends] = await log.ends([topic.name])
    for await (const batch of log.read(topic.name, shardId(0), 0, ends?.[0] ?? 0)) {
      while (batch.next()) found.push(codec.decode(topic.schema, batch.value, batch.valueStart, batch.valueEnd))
    }
    return found
  }

  onTestFinished(() => log.close())
  return {
    log,
    file,
    decideUntil,
    happens: (given: Moment) =>
      log.append([{ topic: topics.moments.name, key: 's', value: codec.encode(topics.moments, given) }]),
    says: (given: Profile) =>
      log.append([{ topic: topics.events.profile.name, key: 's', value: codec.encode(topics.events.profile, given) }]),
    decisions: (): Promise<Decision[]> => read(topics.decisions),
    commands: (): Promise<Command[]> => read(topics.commands.sms),
  }
}

it('a profile is known to the moment that it makes at the same instant, in whatever order they are read', async () => {
  const { decideUntil, happens, says, decisions } = await setUp()
  const given = { state: 'granted', since: noon, source: 'crm', evidence_ref: null } as const
  await happens({ ...moment('joined', 0), rule: 'marketing', purpose: 'marketing' })
  await says({
    event_id: 'p',
    subscriber_id: 's',
    event_time: noon,
    source: 'crm',
    consent: { sms: { marketing: given } },
  })
  await decideUntil(async (idle) => idle && (await decisions()).length === 1)
  expect((await decisions()).map(({ outcome, code }) => [outcome, code])).toEqual([['command', null]])
})

const refusing = (log: EventLog, topic: Topic): EventLog => ({
  ...log,
  append(records) {
    if (!records.some((record) => record.topic === topic.name)) return log.append(records)
    return Promise.reject(new CodedError('KM_LOG_UNAVAILABLE', 'a fault of this test', { canRetry: true }))
  },
})

it.each`
  store          | refused
  ${'went back'} | ${topics.decisions}
  ${'went back'} | ${topics.commands.sms}
  ${'stayed'}    | ${topics.decisions}
  ${'stayed'}    | ${topics.commands.sms}
`('a log that broke off before $refused.name, and a store that $store: one command, one decision', async (fault) => {
  const { log, file, decideUntil, happens, decisions, commands } = await setUp()
  await happens(moment('before', 0))
  await decideUntil(async (idle) => idle && (await decisions()).length === 1)
  await copyFile(file, `${file}.yesterday`)

  await happens(moment('during', 1))
  const reached = fault.refused === topics.decisions ? 2 : 1
  let refusals = 0
  const broken = refusing(log, fault.refused)
  const counting: EventLog = {
    ...broken,
    append: (records) => {
      const appended = broken.append(records)
      appended.catch(() => refusals++)
      return appended
    },
  }
  await decideUntil(async () => refusals > 0 && (await commands()).length === reached, counting)
  expect(await decisions()).toHaveLength(1)

  if (fault.store === 'went back') await copyFile(`${file}.yesterday`, file)
  await decideUntil(async (idle) => idle && (await decisions()).length === 2)
  await happens(moment('after', 2))
  await decideUntil(async (idle) => idle && (await decisions()).length === 3)

  expect((await decisions()).map(({ moment_id, outcome, command_id }) => [moment_id, outcome, command_id])).toEqual(
    (await commands()).map(({ moment_id, command_id }) => [moment_id, 'command', command_id]),
  )
  expect((await commands()).map(({ moment_id }) => moment_id)).toEqual(['before', 'during', 'after'])
})
