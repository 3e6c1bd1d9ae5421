import { expect, test } from 'vitest'
import { loadSettings } from '../../services/settings/load.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { at, read } from '../backtest/trial.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'
import { recharge } from '../integration/bad-input/events.ts'

test('what comes later than its grace is late in a simulation too, and no dead letter', async () => {
  const events = [
    recharge('in-time', 'ann', at('02T12:00')),
    recharge('at-the-grace', 'bob', at('02T11:50')),
    recharge('late', 'cid', at('02T11:49')),
  ]
  const { moments, late, deadLetters } = await simulate({
    catalogue: catalogueOfFiles(),
    settings: await loadSettings(undefined, { KEYMOMENT_SHARDS: '1' }),
    events: (async function* () {
      yield events.map(read)
    })(),
  })
  expect(deadLetters).toEqual([])
  expect(late).toMatchObject([{ subscriber_id: 'cid', lateness_ms: 660_000, appended_at: 0 }])
  expect(moments.map(({ occurrence }) => occurrence).toSorted()).toEqual(['at-the-grace', 'in-time'])
})
