import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { type Submit, startSmsc } from '../counterparts/smsc.ts'
import { startChild } from '../support/child-process.ts'
import { pythonWithKafka, servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { addressOf, copies, impossibleCalls, profiles, recentCalls } from './calls.ts'
import { waitForAll } from './differences.ts'
import { createSystem, distinct, idsOf, type System, simulated } from './system.ts'

const minutes = 60_000

test('events from a foreign producer become texts at a foreign SMSC, once each, by services in processes of their own', {
  timeout: 3 * minutes,
}, async () => {
  const now = Date.now()
  const calls = recentCalls(now, 2_500)
  const events = [...profiles(calls), ...calls]
  const smsc = await startSmsc()
  const system = await createSystem({
    sms: { channel: 'smpp' },
    smpp: { url: smsc.url, per_second: 2_000, window: 50, sender: 'Keymoment' },
  })
  for (const service of ['deliver', 'decide', 'detect'] as const) await system.start(service)
  // Without a profile there is no consent, and without an address no text: they are there before what depends on them.
  await produceByPython(system, [profiles(calls), [...calls, ...impossibleCalls(now)]])

  const expected = await simulated(events, now)
  const commands = expected.decisions.filter(({ outcome }) => outcome === 'command')
  expect(commands.length).toBeGreaterThan(100)
  await waitForAll('all texts', () => messages(smsc.taken()).length >= commands.length, {
    system,
    expected,
    deadlineMs: 90_000,
    everyMs: 250,
  })
  const texts = commands.map(({ subscriber_id, text }) => `${addressOf(subscriber_id).slice(1)} ${text}`)
  expect(messages(smsc.taken()).sort()).toEqual(texts.sort())
  expect(smsc.submits().flatMap(({ flaws }) => flaws)).toEqual([])
  expect(distinct(idsOf(await system.moments()))).toEqual(idsOf(expected.moments))
  const letters = await readTopic(system.log, system.codec, topics.deadLetters)
  expect(letters.map(({ code }) => code)).toEqual(new Array(4).fill('KM_RECORD_OUT_OF_RANGE'))
})

test('kill -9 of detect in mid-stream: the moments are those of an undisturbed run', {
  timeout: 3 * minutes,
}, async () => {
  const now = Date.now()
  const events = copies(recentCalls(now), 12)
  const expected = await simulated(events, now)
  const ids = idsOf(expected.moments)
  const system = await createSystem()
  await system.append(events)
  for (const share of [0.01, 0.4]) {
    const detect = await system.start('detect')
    await waitFor('moments', async () => (await count(system)) >= share * ids.length, { deadlineMs: 60_000 })
    await detect.kill('SIGKILL')
    expect(distinct(idsOf(await system.moments())).length).toBeLessThan(ids.length)
  }
  await system.start('detect')
  const seen = async () => distinct(idsOf(await system.moments()))
  const areAll = async () => (await count(system)) >= ids.length && (await seen()).length >= ids.length
  await waitForAll('all moments', areAll, { system, expected, deadlineMs: 60_000, everyMs: 500 })
  expect(await seen()).toEqual(ids)
})

test('two detects share the shards; one stops; the other takes over within 15 seconds, nothing lost or doubled', {
  timeout: 3 * minutes,
}, async () => {
  const now = Date.now()
  const calls = recentCalls(now)
  const events = [...profiles(calls), ...calls]
  const expected = await simulated(events, now)
  const system = await createSystem()
  const first = await system.start('detect')
  const second = await system.start('detect')
  await first.waitForLine(/shard taken over/, 30_000)
  await second.waitForLine(/shard taken over/, 60_000)
  await feed(system, events.slice(0, 3_000))
  const feeding = feed(system, events.slice(3_000))
  const stopped = performance.now()
  await first.kill('SIGTERM', 15_000)
  await waitFor('the second to have all shards', () => takenOver(second.output()).size === 4, { deadlineMs: 15_000 })
  expect(performance.now() - stopped).toBeLessThan(15_000)
  await feeding
  const areAll = async () => (await count(system)) >= expected.moments.length
  await waitForAll('all moments', areAll, { system, expected, deadlineMs: 60_000, everyMs: 500 })
  // Handed over in order, not even a repeat is on the log. That between two pieces everything is read makes no silence.
  expect(idsOf(await system.moments())).toEqual(idsOf(expected.moments))
})

/** Each part is acknowledged before the next one is sent. */
async function produceByPython(system: System, parts: readonly (readonly ReadEvent[])[]): Promise<void> {
  const untilAcknowledged = {}
  const records = parts.map((events) =>
    events.flatMap(({ type, record, address }) => [
      ...(address ? [{ topic: topics.addresses.name, schema: 'address', value: address }] : []),
      { topic: topics.events[type].name, schema: type, value: record },
    ]),
  )
  const lines = records.flatMap((part) => [...part, untilAcknowledged])
  const schemas = join(import.meta.dirname, '..', '..', 'schemas')
  const args = [servers.kafkaBrokers.join(), servers.schemaRegistryUrl, schemas, system.prefix]
  const python = await startChild(pythonWithKafka(), [join(import.meta.dirname, 'produce.py'), ...args])
  python.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  python.end()
  const { code } = await python.exited
  expect({ code, output: python.output().trim() }).toEqual({
    code: 0,
    output: `{"produced": ${records.flat().length}, "failures": []}`,
  })
}

/** Puts the events on the log piece by piece, so that they come while something else happens. */
async function feed(system: System, events: readonly ReadEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += 200) await system.append(events.slice(from, from + 200))
}

async function count(system: System): Promise<number> {
  const [ends = []] = await system.log.ends([topics.moments.name])
  return ends.reduce((sum, end) => sum + end, 0)
}

const takenOver = (output: string): Set<string> =>
  new Set([...output.matchAll(/"shard":(\d+)[^\n]*shard taken over/g)].map(([, shard]) => String(shard)))

/** Whole texts by destination: parts of a long one are put together by their reference, once all are there. */
function messages(submits: readonly Submit[]): string[] {
  const whole = new Map<string, Submit[]>()
  for (const [i, submit] of submits.entries()) {
    // 05 00 03 reference parts part
    const key = submit.udh === '' ? `single ${i}` : `${submit.destination} ${submit.udh.slice(6, 10)}`
    whole.set(key, [...(whole.get(key) ?? []), submit])
  }
  const complete = [...whole.values()].filter(([first, ...others]) => {
    const total = first?.udh === '' ? 1 : Number.parseInt(first?.udh.slice(8, 10) ?? '', 16)
    return 1 + others.length === total
  })
  return complete.map((parts) => {
    const ordered = parts.toSorted((a, b) => a.udh.localeCompare(b.udh))
    return `${ordered[0]?.destination} ${ordered.map(({ text }) => text).join('')}`
  })
}
