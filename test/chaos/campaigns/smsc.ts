import { setTimeout as sleep } from 'node:timers/promises'
import type { Campaign } from '../run.ts'
import { killAll } from './kills.ts'

const second = 1_000

/** An SMSC that answers late or never, throttles, drops the connection after a submit and hangs up; deliver dies meanwhile. */
export const smscTroubles: Campaign = {
  name: 'smsc',
  doc: 'the SMSC answers late, throttles, keeps silent, drops the connection after a submit, hangs up; deliver is killed',
  layout: [['ingest'], ['detect'], ['decide'], ['deliver'], ['deliver']],
  lengthMs: 120 * second,
  graceMs: 20 * second,
  smsc: { 'throttle-every': 7, 'drop-every': 41, 'silent-every': 67, 'late-every': 11, 'late-ms': 3_000 },
  async strike(struck) {
    const { smsc, random, lengthMs, count } = struck
    const end = Date.now() + lengthMs
    async function hangUp(): Promise<void> {
      while (Date.now() < end) {
        await sleep((5 + 15 * random.next()) * second)
        smsc.hangUp()
        count('SMSC hangs up')
      }
    }
    await Promise.all([hangUp(), killAll(struck, [['deliver']], lengthMs / (15 * second))])
  },
}
