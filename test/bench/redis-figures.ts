import type { Redis } from 'ioredis'
import { waitFor } from '../support/wait-for.ts'

/** Every run begins with an empty append-only file; that of the run before is no part of it. */
export async function rewriteFile(redis: Redis): Promise<void> {
  const isBusy = async () => /^aof_rewrite_(in_progress|scheduled):1\r$/m.test(await redis.info('persistence'))
  await waitFor('a rewrite to end', async () => !(await isBusy()))
  await redis.bgrewriteaof()
  await waitFor('the file to be rewritten', async () => !(await isBusy()))
}

/** What the data in Redis take, and the CPU time that it has used. */
export async function infoOf(redis: Redis): Promise<{ bytes: number; cpuSeconds: number }> {
  const text = await redis.info()
  const number = (name: string) => Number(new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1] ?? 0)
  return { bytes: number('used_memory_dataset'), cpuSeconds: number('used_cpu_user') + number('used_cpu_sys') }
}
