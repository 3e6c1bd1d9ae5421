import { setTimeout as sleep } from 'node:timers/promises'
import { apart } from '../layouts.ts'
import type { Campaign, Struck } from '../run.ts'
import type { ServerUnderChaos } from '../servers.ts'

const second = 1_000

/** The broker is stopped in order and killed, and comes back at once. */
export const brokerRestarts: Campaign = {
  name: 'broker-restarts',
  doc: 'the broker stopped in order, then killed, and back at once',
  layout: apart,
  lengthMs: 120 * second,
  graceMs: 120 * second,
  async strike(struck) {
    const kafka = kafkaOf(struck)
    const step = struck.lengthMs / 4
    for (const how of ['stop', 'kill', 'stop'] as const) {
      await sleep(step * (0.5 + 0.5 * struck.random.next()))
      await kafka[how]()
      struck.count(how === 'stop' ? 'broker stopped' : 'broker killed')
      await kafka.start()
    }
    await sleep(step)
  },
}

/** The broker is gone for a minute, with everything that was on its way; so are those who could have sent it again. */
export const brokerGone: Campaign = {
  name: 'broker-gone',
  doc: 'the broker killed, and gone for a minute; all of detect, decide and deliver killed, and back before it',
  layout: apart,
  lengthMs: 120 * second,
  graceMs: 120 * second,
  async strike(struck) {
    const kafka = kafkaOf(struck)
    await sleep(struck.lengthMs / 4)
    await kafka.kill()
    struck.count('broker gone for a minute')
    const begin = Date.now()
    // What was committed just now is nowhere but in their outboxes.
    await sleep(second * struck.random.next())
    const owners = struck.fleet.places.filter(({ services }) => !services.includes('ingest'))
    await Promise.all(owners.map(struck.fleet.kill))
    await Promise.all(owners.map(struck.fleet.start))
    await sleep(Math.max(0, begin + 60 * second - Date.now()))
    await kafka.start()
    await sleep(struck.lengthMs / 4)
  },
}

function kafkaOf({ servers: { kafka } }: Struck): ServerUnderChaos {
  if (!kafka) throw new Error('this broker is shared with others: it is left alone')
  return kafka
}
