import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../domain/errors.ts'
import { acceleratedClock, type Clock, wallClock } from '../flow/clock.ts'
import { instantOf } from '../records/iso-time.ts'
import type { Settings } from '../settings/schema.ts'

export interface OpenClock {
  readonly clock: Clock
  stop(): Promise<void>
}

const keepEveryMs = 1_000

/**
 * The wall clock, or a demonstration clock that goes on over restarts: what it shows is kept in data_dir.
 * @throws CodedError KM_SETTINGS_INVALID
 */
export async function openClock({ clock: { start, factor }, data_dir }: Settings): Promise<OpenClock> {
  if (start === '') {
    // Deliver would stretch its limits for a clock that isn't there.
    if (factor !== 1) throw new CodedError('KM_SETTINGS_INVALID', 'clock.factor needs clock.start beside it')
    return { clock: wallClock, stop: async () => undefined }
  }
  const time = instantOf(start)
  if (time === undefined) {
    const message = `clock.start '${start}' is no ISO-8601 time with a zone; write it like 2026-03-04T09:00:00Z`
    throw new CodedError('KM_SETTINGS_INVALID', message)
  }
  const file = join(data_dir, 'clock.json')
  await mkdir(data_dir, { recursive: true })
  const kept = Number(await readFile(file, 'utf8').catch(() => ''))
  const clock = acceleratedClock(Math.max(time, kept), factor)
  let keeping = Promise.resolve()
  const keep = () => {
    keeping = keeping
      .then(() => writeFile(`${file}.new`, String(clock.now())))
      .then(() => rename(`${file}.new`, file))
      .catch(() => undefined)
  }
  const timer = setInterval(keep, keepEveryMs)
  return {
    clock,
    async stop() {
      clearInterval(timer)
      keep()
      await keeping
    },
  }
}
