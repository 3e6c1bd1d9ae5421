import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../services/deliver/channel.ts'
import type { Command } from '../../services/records/types.ts'
import { deliverTimeline } from './deliver-timeline.ts'

const accepted: Outcome = { kind: 'accepted', messageIds: ['m'] }
/** The service knows the token no longer, since then; null: for ever. Seconds. */
const gone = (address: string, since: number | null = null): Outcome => ({
  kind: 'refused',
  code: 'unregistered',
  detail: null,
  gone: { address, since: since === null ? null : since * 1_000 },
})
const pushed: Partial<Command> = { channel: 'push' }
const pushTimeline = (reaches = (_address: string) => true) =>
  deliverTimeline({ providers: { push: 'push' }, reaches: (_, address) => reaches(address) })

describe('a token that leads nowhere any more', () => {
  test('is told, and not sent to again', () => {
    const { told } = pushTimeline()
      .devices(['fcm:old'])
      .command('a', pushed)
      .answer(gone('fcm:old'))
      .until(60)
      .command('b', pushed)
    expect(told).toEqual(['0 attempt', '0 send a to fcm:old', '0 failed unregistered', '60 failed no-address'])
  })

  test('gives way to the one of a newer profile, and doesn’t come back with one', () => {
    const { told } = pushTimeline()
      .devices(['fcm:old'])
      .command('a', pushed)
      .answer(gone('fcm:old'))
      .until(60)
      .devices(['fcm:old'])
      .command('b', pushed)
      .until(90)
      .devices(['fcm:old', 'fcm:new'])
      .command('c', pushed)
    expect(told.slice(3)).toEqual(['60 failed no-address', '90 attempt', '90 send c to fcm:new'])
  })

  test('gives way to the next device, for what is to be said, too', () => {
    const { told } = pushTimeline()
      .devices(['fcm:phone', 'apns:tablet'])
      .command('a', pushed)
      .answer(gone('fcm:phone'))
      .answer(accepted)
      .command('b', pushed)
    expect(told).toEqual([
      ...['0 attempt', '0 send a to fcm:phone', '0 attempt', '0 send a to apns:tablet', '0 accepted 1'],
      ...['0 attempt', '0 send b to apns:tablet'],
    ])
  })

  test('is the token still where the app registered after the service lost it', () => {
    const { told } = pushTimeline()
      .until(100)
      .devices(['apns:t'])
      .command('a', pushed)
      .answer(gone('apns:t', 50))
      .command('b', pushed)
    expect(told).toEqual([
      ...['100 attempt', '100 send a to apns:t', '100 failed unregistered'],
      ...['100 attempt', '100 send b to apns:t'],
    ])
  })

  test('leads somewhere again where the app registers again, and the service doesn’t say never', () => {
    const { told } = pushTimeline()
      .devices(['apns:t'])
      .command('a', pushed)
      .until(50)
      .answer(gone('apns:t', 40))
      .devices(['apns:t'], 30)
      .command('b', pushed)
      .devices(['apns:t'], 60)
      .command('c', pushed)
    expect(told.slice(2)).toEqual([
      '50 failed unregistered',
      '50 failed no-address',
      '50 attempt',
      '50 send c to apns:t',
    ])
  })

  test('costs a newer one nothing that came while it was tried', () => {
    const { told } = pushTimeline()
      .devices(['fcm:old'])
      .command('a', pushed)
      .until(1)
      .devices(['fcm:new'])
      .answer(gone('fcm:old'))
      .answer(accepted)
    expect(told.slice(2)).toEqual(['1 attempt', '1 send a to fcm:new', '1 accepted 1'])
  })
})

test('devices of services that aren’t set up are passed over, and kept for when they are', () => {
  let services = ['fcm']
  const timeline = pushTimeline((address) => services.some((name) => address.startsWith(name)))
    .devices(['web:browser', 'fcm:phone'])
    .command('a', pushed)
    .devices(['web:browser'])
    .command('b', pushed)
  services = ['fcm', 'web']
  timeline.command('c', pushed)
  expect(timeline.told).toEqual([
    ...['0 attempt', '0 send a to fcm:phone', '0 failed no-address'],
    ...['0 attempt', '0 send c to web:browser'],
  ])
})
