import { expect, test } from 'vitest'
import { loadSettings } from '../../services/settings/load.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { at, read } from '../backtest/trial.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'
import { longCall } from '../integration/bad-input/events.ts'

const rules = `\
- { id: long-call, moment: change, title: { en: A }, on: cdr, when: event.duration_s >= 600, purpose: marketing, offers: [thanks] }
`
const policy = `\
default_time_zone: Europe/Berlin
default_language: en
quiet_hours: []
caps: []
gaps: {}
cooling: [{ id: after-a-no, for: 2h }]
replies: { en: { refuse: [NO] } }
`

const event = (type: string, id: string, time: string, fields: object) => ({
  ...{ type, event_id: id, subscriber_id: 'ann', event_time: new Date(at(time)).toISOString(), source: 'test' },
  ...fields,
})

test('decide hears replies from the log: a no cools, and a STOP is the end of marketing', async () => {
  const granted = { state: 'granted', since: new Date(at('01T12:00')).toISOString(), source: 'crm' }
  const events = [
    event('profile', 'p', '02T11:00', { consent: { sms: { marketing: granted } } }),
    longCall('c1', 'ann', at('02T12:00')),
    event('reply', 'r1', '02T12:30', { channel: 'sms', text: 'No.' }),
    longCall('c2', 'ann', at('02T13:00')),
    longCall('c3', 'ann', at('02T14:30')),
    event('reply', 'r2', '02T15:00', { channel: 'sms', text: 'stop!' }),
    longCall('c4', 'ann', at('02T15:00')),
  ]
  const { decisions, deadLetters } = await simulate({
    catalogue: catalogueOfFiles({ 'rules/calls.yaml': rules, 'policy.yaml': policy }),
    settings: await loadSettings(undefined, { KEYMOMENT_SHARDS: '1' }),
    events: (async function* () {
      yield events.map(read)
    })(),
  })
  expect(deadLetters).toEqual([])
  expect(decisions.map(({ outcome, code }) => code ?? outcome)).toEqual(['command', 'cooling', 'command', 'consent'])
})
