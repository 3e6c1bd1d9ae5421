import { catalogueOfOffers } from './offers-catalogue.ts'

/** By every channel that sends, in this order: push, SMS, voice. */
export const everywhere = 'id: booster, channels: [push, sms, ivr]'

/** All of them report delivery, push within ten minutes, SMS within an hour, voice within two. */
export const reporting =
  'channels: { push: { delivered_within: 10m }, sms: { delivered_within: 1h }, ivr: { delivered_within: 2h } }'

/** An offer by these channels, under these lines of policy. */
export const sayable = (offer: string, ...policy: readonly string[]) => catalogueOfOffers([offer], ...policy)

/** Consent for marketing by these channels, at the beginning of a timeline. */
export const consent = (...channels: readonly string[]) =>
  `03-02 11:00  profile ${channels.map((channel) => `${channel}/marketing=granted`).join(' ')}`
