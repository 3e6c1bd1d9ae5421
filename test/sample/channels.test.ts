import { expect, test } from 'vitest'
import { createSampleStream, sampleStart } from '../../services/sample/sample-day.ts'

const history = [...createSampleStream(2_000, 7).history()]
const profiles = history.flatMap((event) => (event.type === 'profile' ? [event] : []))
const withApp = new Set(profiles.flatMap(({ address, record }) => (address?.push ? [record.subscriber_id] : [])))

test('everybody can be texted and called, and who has the app gets push', () => {
  expect(profiles.length).toBe(2_000)
  for (const { record, address } of profiles) {
    expect(address?.sms).toMatch(/^\+999\d{8}$/)
    expect(address?.ivr).toBe(address?.sms)
    expect(record.addressed).toEqual(address?.push ? ['sms', 'ivr', 'push'] : ['sms', 'ivr'])
  }
  expect(withApp.size).toBeGreaterThan(1_500)
})

test('some were in the app this morning, each of whom has it, right before the stream begins', () => {
  const logins = history.flatMap(({ type, record }) => (type === 'app-usage' ? [record] : []))
  expect(logins.length).toBeGreaterThan(500)
  expect(new Set(logins.map(({ event_id }) => event_id)).size).toBe(logins.length)
  for (const { subscriber_id, event_time } of logins) {
    expect(withApp).toContain(subscriber_id)
    expect(sampleStart - event_time).toBe(30_000)
  }
})

test('who has no app may prefer to be called, and nobody else; who has it may prefer push or SMS', () => {
  const preferences = (hasApp: boolean) =>
    new Set(
      profiles
        .filter(({ record }) => withApp.has(record.subscriber_id) === hasApp)
        .map(({ record }) => record.preferred_channel),
    )
  expect(preferences(false)).toEqual(new Set([null, 'ivr']))
  expect(preferences(true)).toEqual(new Set([null, 'sms', 'push']))
})
