import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { grace, km1Types, start } from './km1-stream.ts'

/** Partitions of each topic, as in the reference job. */
export const shards = 4

/** Writes the settings of a run: what is shipped, but for the job's catalogue, shards, grace and time of day. */
export function writeSettings(folder: string, own: Readonly<Record<string, unknown>>): string {
  const file = join(folder, 'keymoment.yaml')
  const settings = {
    data_dir: folder,
    shards,
    http: { port: 0 },
    catalogue: { dir: join(import.meta.dirname, 'km1-catalogue'), watch: false },
    events: { grace_ms: Object.fromEntries(km1Types.map((type) => [type, grace])) },
    // The job's own days: by the wall clock every moment would have expired long ago.
    clock: { start: new Date(start).toISOString(), factor: 1 },
    log_level: 'warn',
    ...own,
  }
  writeFileSync(file, stringify(settings))
  return file
}
