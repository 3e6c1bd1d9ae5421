import { expect, test } from 'vitest'
import { loadSettings } from '../../services/settings/load.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { at, read } from '../backtest/trial.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'
import { longCall } from '../integration/bad-input/events.ts'

const offers = `\
- { id: thanks, title: { en: Fibre }, message: { en: Fibre }, kind: broadband, product: fibre }
- { id: faster, title: { en: Faster }, message: { en: Faster }, kind: broadband, requires: [fibre] }
- { id: more, title: { en: More }, message: { en: More } }
`
const rules = (first: string, second: string) => `\
- { id: long-call, moment: change, title: { en: A }, on: cdr, when: event.duration_s >= 600, purpose: service, offers: [${first}] }
- { id: bought, moment: change, title: { en: B }, on: order, when: event.action == "subscribe", purpose: service, offers: [${second}] }
`

const order = (id: string, action: string, time: string) => ({
  ...{ type: 'order', event_id: id, subscriber_id: 'ann', event_time: new Date(at(time)).toISOString() },
  ...{ source: 'shop', order_id: id, product_id: 'fibre', action },
})

test('decide knows what was ordered, also by the event that made the moment', async () => {
  const events = [
    longCall('c1', 'ann', at('02T12:00')),
    order('o1', 'subscribe', '02T13:00'),
    longCall('c2', 'ann', at('02T14:00')),
    order('o2', 'unsubscribe', '02T15:00'),
    longCall('c3', 'ann', at('02T16:00')),
    longCall('c4', 'bob', at('02T16:00')),
  ]
  const { decisions, deadLetters } = await simulate({
    catalogue: catalogueOfFiles({
      'offers/offers.yaml': offers,
      'rules/calls.yaml': rules('thanks', 'thanks, faster'),
    }),
    settings: await loadSettings(undefined, { KEYMOMENT_SHARDS: '1' }),
    events: (async function* () {
      yield events.map(read)
    })(),
  })
  expect(deadLetters).toEqual([])
  const said = decisions.map(({ subscriber_id, rule, offer, outcome, code, evidence }) =>
    [subscriber_id, rule, outcome, offer, code, evidence['ineligible.reason']].filter((part) => part != null).join(' '),
  )
  expect(said.toSorted()).toEqual(
    [
      'ann long-call command thanks',
      'ann bought command faster',
      'ann long-call suppressed thanks ineligible owned',
      'ann long-call command thanks',
      'bob long-call command thanks',
    ].toSorted(),
  )
})
