import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { directClient } from '../flow/adapters/kafka/kafka-fixture.ts'
import { type Child, startChild } from '../support/child-process.ts'
import { waitFor } from '../support/wait-for.ts'
import { profiles, recentCalls } from './calls.ts'
import { createSystem, distinct, idsOf, type System } from './system.ts'

const minutes = 60_000
const deadlineMs = 90_000
const entrance = join(import.meta.dirname, '..', '..', 'bin', 'keymoment.js')

interface Found {
  readonly refused: boolean
  readonly services: readonly { service: string; begun: number; behind: number }[]
  readonly gaps: readonly { service: string; shard: number; topic: string; from: number; to: number }[]
}

/** `keymoment restore` with the settings of the system. */
async function restore(
  system: System,
  ...options: string[]
): Promise<{ code: number | null; said: string; found: Found }> {
  const args = [entrance, 'restore', '--config', system.config, '--json', ...options]
  const child = await startChild(process.execPath, args)
  const { code } = await child.exited
  return { code, said: child.output(), found: JSON.parse(child.stdout()) }
}

const handledAll = (system: System, ...names: string[]) =>
  waitFor(
    `${names} to have handled all`,
    async () => {
      const { found } = await restore(system, '--dry-run')
      return found.services.every(({ service, behind }) => !names.includes(service) || behind === 0)
    },
    { deadlineMs, everyMs: 500 },
  )

async function problems(child: Child): Promise<readonly { code: string; reason: string }[]> {
  const [, url] = await child.waitForLine(/"url":"(http[^"]+)"/)
  const answer = (await (await fetch(`${url}/readyz`)).json()) as { problems?: { code: string; reason: string }[] }
  return answer.problems ?? []
}

/** Lets retention go on in the shard of the topic where most is to be handled: half of that is dropped. */
async function drop(system: System, topic: string, handled: readonly number[]) {
  const [ends = []] = await system.log.ends([topic])
  const waiting = ends.map((end, shard) => end - (handled[shard] ?? 0))
  const most = Math.max(...waiting)
  expect(most).toBeGreaterThan(3)
  const shard = waiting.indexOf(most)
  const from = handled[shard] ?? 0
  const to = from + Math.ceil(most / 2)
  const admin = directClient().admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const name = system.prefix + topic
  await admin.fetchTopicOffsets(name) // kafkajs deletes only of topics that it knows
  await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: shard, offset: String(to) }] })
  return { shard, topic, from, to }
}

test.each([
  ['detect', 'km.events.cdr'],
  ['decide', 'km.moments'],
] as const)(
  '%s refuses to go on where Kafka has dropped what it had not read of %s, until somebody accepts that',
  {
    timeout: 6 * minutes,
  },
  async (service, topic) => {
    const calls = recentCalls(Date.now(), 900)
    const events = [...profiles(calls), ...calls] as ReadEvent[]
    const smsc = await startSmsc()
    const system = await createSystem({
      sms: { channel: 'smpp' },
      smpp: { url: smsc.url, per_second: 2_000, window: 50, sender: 'Keymoment' },
      events: { feed_pause_ms: 600_000 },
    })
    await system.append(events.slice(0, 600))
    let detect = await system.start('detect')
    let decide = await system.start('decide')
    await handledAll(system, 'detect', 'decide')

    const away = service === 'detect' ? detect : decide
    await away.kill('SIGTERM')
    const [handled = []] = await system.log.ends([topic])
    await system.append(events.slice(600))
    if (service === 'decide') await handledAll(system, 'detect')
    const gap = await drop(system, topic, handled)

    const back = await system.start(service)
    if (service === 'detect') detect = back
    else decide = back
    const lost = `${topic}, offsets ${gap.from} to ${gap.to - 1} (${gap.to - gap.from} records)`
    await waitFor('the refusal', async () => (await problems(back)).some(({ code }) => code === 'KM_LOG_GAP'), {
      deadlineMs,
    })
    expect(await problems(back)).toEqual([
      {
        code: 'KM_LOG_GAP',
        reason: expect.stringMatching(
          new RegExp(`^${service}, shard ${gap.shard}: .*${lost.replace(/[().]/g, '\\$&')}.*--accept-loss REASON`),
        ),
      },
    ])
    // The other shards go on; of this one nothing is touched, whoever only asks.
    await waitFor(
      'the other shards',
      async () => {
        const { found } = await restore(system, '--dry-run')
        const waits = ((await system.log.ends([topic]))[0]?.[gap.shard] ?? 0) - gap.to
        return found.services.find((one) => one.service === service)?.behind === waits
      },
      { deadlineMs, everyMs: 500 },
    )
    const unaccepted = await restore(system)
    expect(unaccepted.code).toBe(1)
    expect(unaccepted.said).toContain('KM_LOSS_NOT_ACCEPTED')
    expect(unaccepted.found).toMatchObject({ refused: true, gaps: [{ service, ...gap }] })
    expect((await problems(back)).map(({ code }) => code)).toEqual(['KM_LOG_GAP'])

    const accepted = await restore(system, '--accept-loss', 'INC-4711', '--author', 'somebody')
    expect(accepted).toMatchObject({ code: 0, found: { refused: false, gaps: [{ service, ...gap }] } })
    await waitFor('readiness', async () => (await problems(back)).length === 0, { deadlineMs })
    await back.waitForLine(/"genesis":\{"at":\d+,"by":"somebody","reason":"INC-4711"/)
    await handledAll(system, 'detect', 'decide')
    const moments = idsOf(await system.moments())
    expect(moments).toEqual(distinct(moments))
    expect((await restore(system)).found).toMatchObject({ refused: false, gaps: [] })
    await Promise.all([detect.kill(), decide.kill()])
  },
)
