import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '../../../deploy/local/command.ts'
import { needPackages } from '../../../deploy/local/packages.ts'
import type { Place } from '../fleet.ts'
import { apart } from '../layouts.ts'
import type { Campaign } from '../run.ts'

const second = 1_000
/** Within what the grace and the checker forgive. */
const wrongMost = 20 * second

/** Clocks of single processes jump ahead and back. */
export const clocks: Campaign = {
  name: 'clocks',
  doc: 'the time of day of single processes jumps by up to 20 seconds, ahead and back (libfaketime)',
  layout: apart,
  lengthMs: 120 * second,
  graceMs: 60 * second,
  clocksWrongMs: wrongMost,
  prepare: (say) => needPackages(['libfaketime'], async () => (await library()) !== undefined, say),
  async environment(place, folder) {
    setClock(place, folder, 0)
    return {
      LD_PRELOAD: (await library()) ?? '',
      FAKETIME_TIMESTAMP_FILE: fileOf(place, folder),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  },
  async strike({ fleet, system, random, lengthMs, count }) {
    const end = Date.now() + lengthMs
    while (Date.now() < end) {
      await sleep((2 + 4 * random.next()) * second)
      const place = fleet.places[random.whole(fleet.places.length)] as Place
      setClock(place, system.folder, (2 * random.next() - 1) * wrongMost)
      count('clock jumps')
    }
    for (const place of fleet.places) setClock(place, system.folder, 0)
  },
}

const fileOf = ({ name }: Place, folder: string): string => join(folder, `clock-of-${name}`)

function setClock(place: Place, folder: string, millis: number): void {
  writeFileSync(fileOf(place, folder), `${millis < 0 ? '-' : '+'}${Math.abs(millis / second).toFixed(3)}`)
}

/** Debian keeps it in a folder named after the machine. */
async function library(): Promise<string | undefined> {
  const listed = await must('sh', ['-c', 'dpkg -L libfaketime 2>/dev/null || true'])
  return listed.split('\n').find((path) => path.endsWith('libfaketimeMT.so.1') && existsSync(path))
}
