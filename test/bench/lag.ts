import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../support/wait-for.ts'

/** The metric is measured every five seconds: what it tells must be of after the records came. */
const lagEveryMs = 5_000

/** Waits until the process at the URL has handled what lies on the log for it. */
export async function lagIsGone(service: string, url: string): Promise<void> {
  await sleep(1.2 * lagEveryMs)
  const lag = async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return [...text.matchAll(/^keymoment_shard_lag_records\{.*\} (\S+)$/gm)].map(([, value]) => Number(value))
  }
  const isGone = async () => {
    const all = await lag()
    return all.length > 0 && all.every((records) => records === 0)
  }
  await waitFor(`${service} to have read its log`, isGone, { deadlineMs: 300_000, everyMs: 500 })
}
