import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Deployable } from '../platform/deployable.ts'
import type { Platform } from '../platform/platform.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import { recordsOf } from '../records/to-log.ts'
import { createSampleStream, type SampleStream, sampleStart } from './sample-day.ts'

const minute = 60_000
const historyChunk = 2_000
const stateFile = 'sample.json'

/**
 * Feeds the sample stream at the pace of the demonstration clock, minute by minute. How far it came is kept beside the
 * data, so that a restart goes on there; what is sent twice after a crash has the same ids and changes nothing.
 */
export const sampleStream: Deployable = {
  name: 'sample',
  async start(platform) {
    const stopping = new AbortController()
    const feeding = feed(platform, stopping.signal).catch(platform.fail)
    return {
      async stop() {
        stopping.abort()
        await feeding
      },
    }
  },
}

async function feed(platform: Platform, signal: AbortSignal): Promise<void> {
  const { settings, clock, logger } = platform
  const stream = createSampleStream(settings.sample.subscribers, settings.sample.seed)
  const file = join(settings.data_dir, stateFile)
  let next = await nextMinute(file)
  if (next === undefined) {
    logger.info({ subscribers: settings.sample.subscribers }, 'sample: sending profiles and history')
    if (!(await sendHistory(platform, stream, signal))) return
    next = sampleStart
    await keep(file, next)
  } else catchUp(stream, next)
  while (!signal.aborted) {
    await pause(clock.millisUntil(next + minute), undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    await send(platform, stream.minute(next))
    next += minute
    await keep(file, next)
  }
}

async function sendHistory(platform: Platform, stream: SampleStream, signal: AbortSignal): Promise<boolean> {
  let chunk: ReadEvent[] = []
  for (const event of stream.history()) {
    chunk.push(event)
    if (chunk.length < historyChunk) continue
    if (signal.aborted) return false
    await send(platform, chunk)
    chunk = []
  }
  await send(platform, chunk)
  return true
}

/** Brings the stream to where it was: its balances follow from the minutes of the day so far. */
function catchUp(stream: SampleStream, next: number): void {
  for (let from = Math.max(sampleStart, next - 24 * 60 * minute); from < next; from += minute) stream.minute(from)
}

async function send({ log, codec, metrics }: Platform, events: readonly ReadEvent[]): Promise<void> {
  if (events.length === 0) return
  await log.append(recordsOf(events, codec))
  const byType = Map.groupBy(events, ({ type }) => type)
  for (const [type, list] of byType) metrics.ingested.inc({ type }, list.length)
}

async function nextMinute(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const value = text === '' ? undefined : (JSON.parse(text) as { next?: number }).next
  return Number.isInteger(value) ? value : undefined
}

const keep = (file: string, next: number): Promise<void> => writeFile(file, JSON.stringify({ next }), { flush: false })
