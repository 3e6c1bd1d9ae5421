import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createChannelReports } from '../../services/deliver/channel-reports.ts'
import type { Channel } from '../../services/topology.ts'

type Told = readonly [second: number, what: string]
const ready = { ready: true, reason: '', outstanding: 0, accepted: 0, refused: 0, unknown: 0 }

/** Second by second: `happenings` change how the channel is from that second on; returns what was told, and when. */
function reportsOver(
  seconds: number,
  happenings: Readonly<Record<number, 'lost' | 'broken' | 'well' | 'doubted' | 'undoubted' | 'deaf' | 'heard'>>,
) {
  let second = 0
  let how: string = 'well'
  let isDoubted = false
  let isDeaf = false
  const told: Told[] = []
  const health = {
    isDoubted: () => isDoubted,
    async report({ state, since }: { channel: Channel; state: 'up' | 'down'; since: number }) {
      if (isDeaf) throw new Error('the log is away')
      told.push([second, `${state} since ${since / 1_000}`])
    },
  }
  const sender = {
    health: () => ({ ...ready, ready: how === 'well' }),
    circuit: () => (how === 'broken' ? ('open' as const) : ('closed' as const)),
  }
  const clock = { now: () => second * 1_000, caughtUpTo: () => 0, millisUntil: () => 0, millisSince: () => 0 }
  const parts = { senders: new Map([['sms', sender] as const]), health, clock, log: pino({ level: 'silent' }) }
  const reports = createChannelReports({ ...parts, now: () => second * 1_000 })
  return {
    async run(): Promise<readonly Told[]> {
      for (second = 0; second <= seconds; second++) {
        const happening = happenings[second]
        if (happening === 'doubted' || happening === 'undoubted') isDoubted = happening === 'doubted'
        else if (happening === 'deaf' || happening === 'heard') isDeaf = happening === 'deaf'
        else if (happening) how = happening
        reports.tell()
        await Promise.resolve()
        await Promise.resolve()
      }
      return told
    },
  }
}

test.each([
  ['of a channel that is well nothing is told', 30, {}, []],
  ['a short loss is not told', 30, { 3: 'lost', 7: 'well' }, []],
  ['one that flaps is not told', 12, { 1: 'lost', 4: 'well', 5: 'lost', 9: 'well', 10: 'lost' }, []],
  [
    'a loss that lasts is told, again and again, and its end once',
    30,
    { 3: 'lost', 15: 'well' },
    [
      [8, 'down since 8'],
      [13, 'down since 8'],
      [18, 'down since 8'],
      [20, 'up since 20'],
    ],
  ],
  ['an open circuit is told at once', 4, { 2: 'broken' }, [[2, 'down since 2']]],
  [
    'whoever gets through answers those who do not',
    14,
    { 3: 'doubted', 10: 'undoubted' },
    [
      [3, 'up since 0'],
      [8, 'up since 0'],
    ],
  ],
  ['what could not be told is told again', 6, { 1: 'deaf', 2: 'broken', 5: 'heard' }, [[5, 'down since 2']]],
] as const)('%s', async (_, seconds, happenings, expected) => {
  expect(await reportsOver(seconds, happenings).run()).toEqual(expected)
})
