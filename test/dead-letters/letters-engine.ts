import { onTestFinished } from 'vitest'
import { deadLetters } from '../../services/dead-letters/service.ts'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import { shardId } from '../../services/domain/ids.ts'
import { createIngest } from '../../services/ingest/service.ts'
import type { Platform } from '../../services/platform/platform.ts'
import { readEvent } from '../../services/records/jsonl.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import { topics } from '../../services/topology.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import type { EventJson } from '../integration/bad-input/events.ts'
import { waitFor } from '../support/wait-for.ts'

export interface LettersEngine extends Engine {
  readonly platform: Platform
  /** An answer of /v1/dead-letters…, by GET or, with a body, by POST. */
  ask(path: string, body?: object): Promise<{ readonly status: number; readonly body: Answer }>
  /** Puts an event on its topic under a key that isn't its subscriber's: a dead letter which a re-run mends. */
  misKeyed(event: EventJson, key?: string): Promise<void>
  /** Ids of the open letters once there are so many, the oldest first. */
  open(count: number): Promise<readonly string[]>
  /** Event ids that are in the moments of a rule, sorted. */
  occurrences(rule: string): Promise<readonly string[]>
  /** Waits until detect has handled everything on the log. */
  settled(): Promise<void>
}

interface Letter {
  readonly dead_letter_id: string
  readonly state: string
  readonly code: string
  readonly attempt: number
  readonly subscriber_id: string
  readonly action?: { readonly author: string; readonly reason: string }
}

interface Answer {
  readonly code?: string
  readonly message?: string
  readonly letters: readonly Letter[]
  readonly before: string | null
  readonly after: string | null
  readonly matching: number
  readonly open_by_code: Readonly<Record<string, number>>
  readonly done: readonly string[]
  readonly refused: readonly { readonly dead_letter_id: string; readonly code: string }[]
  readonly letter: Letter
  readonly record: { readonly decodes: boolean; readonly schema_known: boolean; readonly fields?: object }
  readonly rerun: { readonly possible: boolean; readonly code?: string }
  readonly attempts: readonly Letter[]
}

export const who = { author: 'night shift', reason: 'the producer keys by subscriber now' }

/** The wire bytes of an event. */
export function bytesOf({ codec }: Platform, event: EventJson): Buffer {
  const reading = readEvent(event)
  if (reading.kind !== 'event') throw new Error(JSON.stringify(reading.problems))
  const [record] = recordsOf([reading.event], codec)
  if (!record) throw new Error('no record')
  return Buffer.from(record.value)
}

/** The whole engine on files, with the routes of dead letters; it stops with the test. */
export async function lettersEngine(settings: Readonly<Record<string, string>> = {}): Promise<LettersEngine> {
  const engine = await startEngine({
    settings,
    deployables: [createDeliver(), decide, detect, createIngest(), deadLetters],
  })
  await engine.ready()
  const platform = await engine.running.started
  onTestFinished(() => engine.stop())
  const ask: LettersEngine['ask'] = async (path, body) => {
    const url = new URL(`/v1/dead-letters${path}`, engine.url)
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {})
    return { status: response.status, body: (await response.json()) as Answer }
  }
  return {
    ...engine,
    platform,
    ask,
    async misKeyed(event, key = 'another') {
      const topic = event.type === 'recharge' ? topics.events.recharge : topics.events.cdr
      await platform.log.append([{ topic: topic.name, key, value: bytesOf(platform, event) }])
    },
    open: (count) =>
      waitFor(`${count} open letters`, async () => {
        const { letters } = (await ask('?limit=500')).body
        return letters.length === count && letters.map(({ dead_letter_id }) => dead_letter_id).toReversed()
      }),
    async occurrences(rule) {
      const moments = await engine.records(topics.moments)
      return moments.flatMap((moment) => (moment.rule === rule ? [moment.occurrence] : [])).toSorted()
    },
    async settled() {
      const node = detect.node
      if (!node) throw new Error('detect has a place on the map')
      await waitFor('detect to have handled everything', async () => {
        const names = node.reads.map(({ name }) => name)
        const ends = await platform.log.ends(names)
        for (let shard = 0; shard < platform.log.shards; shard++) {
          const peeked = await platform.store.peek('detect', shardId(shard), 'nobody').catch(() => undefined)
          const { positions } = JSON.parse(peeked?.progress || '{"positions":{}}') as {
            positions: Record<string, number>
          }
          for (const [i, name] of names.entries()) {
            if ((ends[i]?.[shard] ?? 0) > (positions[name] ?? 0)) return false
          }
        }
        return true
      })
    },
  }
}
