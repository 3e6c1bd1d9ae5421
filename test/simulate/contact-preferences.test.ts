import { expect, test } from 'vitest'
import { loadSettings } from '../../services/settings/load.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { at, read } from '../backtest/trial.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'
import { profile, recharge } from '../integration/bad-input/events.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'

const policy = `${smallCatalogue['policy.yaml']}\
categories: [{ id: banking, title: { en: Banks } }, { id: communication, title: { en: Phones } }]
default_category: communication
register: { required_for: {}, max_age: 7d }
`

test('what profiles say of preferences and the register goes over the log into the decisions', async () => {
  const register = { listed: false, checked_at: '2026-03-01T00:00:00Z', source: 'regulator', evidence_ref: 'export-1' }
  const preferences = (...blocks: object[]) => ({ since: '2026-03-01T00:00:00Z', source: '1909', blocks })
  const said = (subscriber: string, fields: object) => ({
    ...profile(`p-${subscriber}`, subscriber, at('02T08:00')),
    ...fields,
  })
  const events = [
    said('ann', { register, preferences: preferences({ categories: ['banking'] }) }),
    said('bob', { register, preferences: preferences({ categories: ['communication'], bands: ['12:00-18:00'] }) }),
    said('cid', { register: { ...register, listed: true } }),
    said('dora', {}),
    ...['ann', 'bob', 'cid', 'dora'].map((subscriber) => recharge(`r-${subscriber}`, subscriber, at('02T12:00'))),
  ]
  const { decisions, deadLetters } = await simulate({
    catalogue: catalogueOfFiles({ 'policy.yaml': policy }),
    settings: await loadSettings(undefined, { KEYMOMENT_SHARDS: '1' }),
    events: (async function* () {
      yield events.map(read)
    })(),
  })
  expect(deadLetters).toEqual([])
  const table = decisions
    .toSorted((a, b) => (a.subscriber_id < b.subscriber_id ? -1 : 1))
    .map(({ subscriber_id, outcome, code, until, register_ref, preferences_ref }) => [
      ...[subscriber_id, outcome, code ?? null, until == null ? null : new Date(until).toISOString()],
      ...[register_ref ?? null, preferences_ref ?? null],
    ])
  expect(table).toEqual([
    ['ann', 'command', null, null, 'export-1', `1909@${at('01T00:00')}`],
    // 18:00 in Berlin.
    ['bob', 'suppressed', 'do-not-disturb', '2026-03-02T17:00:00.000Z', null, null],
    ['cid', 'suppressed', 'protected', null, null, null],
    ['dora', 'suppressed', 'protected', null, null, null],
  ])
})
