import { allInEach } from '../layouts.ts'
import type { Campaign } from '../run.ts'
import { killAll } from './kills.ts'

const second = 1_000

/** Processes that run all services, as small systems do: a kill strikes all of them at once. */
export const together: Campaign = {
  name: 'together',
  doc: 'kill -9 of processes that run all services, two of them',
  layout: allInEach,
  lengthMs: 180 * second,
  graceMs: 45 * second,
  strike: (struck) => killAll(struck, [['detect']], (80 * struck.lengthMs) / (180 * second)),
}
