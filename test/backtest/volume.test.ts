import { expect, test } from 'vitest'
import { longCall } from '../integration/bad-input/events.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { at, tryOut } from './trial.ts'

const offers = smallCatalogue['offers/offers.yaml']
const call = (id: string, time: string) => longCall(id, id, at(time))

test('what is sent by channel and hour: commands, the parts in which they leave, and what the offers cost', async () => {
  const dear = offers.replace('- id: thanks\n', '- id: thanks\n  cost: 250\n')
  const long = dear.replace('Thank you for calling.', `Thank you. ${'x'.repeat(150)}`)
  const events = [call('a', '02T09:00'), call('b', '02T09:59'), call('c', '02T10:00')]
  const { volume } = await tryOut({
    events,
    present: { 'offers/offers.yaml': dear },
    candidate: { 'offers/offers.yaml': long },
  })
  expect(volume).toEqual([
    {
      channel: 'sms',
      hour: 10, // Berlin
      commands: { present: 2, candidate: 2 },
      parts: { present: 2, candidate: 4 },
      cost: { present: 500, candidate: 500 },
    },
    {
      channel: 'sms',
      hour: 11,
      commands: { present: 1, candidate: 1 },
      parts: { present: 1, candidate: 2 },
      cost: { present: 250, candidate: 250 },
    },
  ])
})

test('an offer without a cost costs nothing', async () => {
  const { volume } = await tryOut({ events: [call('a', '02T09:00')] })
  expect(volume).toMatchObject([{ commands: { present: 1, candidate: 1 }, cost: { present: 0, candidate: 0 } }])
})
