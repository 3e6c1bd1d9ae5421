import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

/** What was seen of the engine at an instant. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly rssBytes: number
  /** As the engine tells. */
  readonly heapUsedBytes: number
  readonly bufferBytes: number
  readonly redisBytes: number
  /** As the engine's own metrics tell, of all services. */
  readonly lagRecords: number
  readonly lagSeconds: number
  readonly mergeBytes: number
  readonly held: number
}

const pageBytes = 4_096

/** Looks once a second until it is stopped. */
export function startSampling(pid: number, url: string, redisUrl: string) {
  const redis = new Redis(redisUrl)
  const samples: Sample[] = []
  let isLooking = false
  async function look(): Promise<void> {
    const [text, info] = await Promise.all([
      fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) }).then((response) => response.text()),
      redis.info('memory'),
    ])
    samples.push({
      at: Date.now(),
      rssBytes: Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes,
      heapUsedBytes: total(text, 'keymoment_memory_bytes', 'kind="heap_used"'),
      bufferBytes: total(text, 'keymoment_memory_bytes', 'kind="buffers"'),
      redisBytes: Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? Number.NaN),
      lagRecords: total(text, 'keymoment_shard_lag_records', ''),
      lagSeconds: greatest(text, 'keymoment_topic_lag_seconds', ''),
      mergeBytes: total(text, 'keymoment_merge_buffer_bytes', ''),
      held: total(text, 'keymoment_channel_queue', 'where="held"'),
    })
  }
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    look()
      .catch(() => undefined) // an engine that is too busy to answer is looked at a second later
      .finally(() => {
        isLooking = false
      })
  }, 1_000)
  return {
    samples,
    last: (): Sample | undefined => samples.at(-1),
    stop() {
      clearInterval(timer)
      redis.disconnect()
    },
  }
}

/** Values of a metric whose labels have the text. */
function values(text: string, name: string, label: string): number[] {
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(label))
  return lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
}
const total = (...asked: [text: string, name: string, label: string]): number =>
  values(...asked).reduce((sum, value) => sum + value, 0)
const greatest = (...asked: [text: string, name: string, label: string]): number => Math.max(0, ...values(...asked))
