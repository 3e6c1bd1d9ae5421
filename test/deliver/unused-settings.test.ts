import { expect, test } from 'vitest'
import { unusedSettings } from '../../services/deliver/unused-settings.ts'
import { loadSettings } from '../../services/settings/load.ts'

test.each([
  ['smpp.url', { KEYMOMENT_SMPP_URL: 'smpp://a:b@c:1' }, { KEYMOMENT_SMS_CHANNEL: 'smpp' }],
  ['webhook.url', { KEYMOMENT_WEBHOOK_URL: 'https://gateway.example/' }, { KEYMOMENT_SMS_CHANNEL: 'webhook' }],
  ['webhook.url', { KEYMOMENT_WEBHOOK_URL: 'https://gateway.example/' }, { KEYMOMENT_PUSH_CHANNEL: 'webhook' }],
  ['push.fcm.credentials', { KEYMOMENT_PUSH_FCM_CREDENTIALS: '{}' }, { KEYMOMENT_PUSH_CHANNEL: 'services' }],
  ['push.apns.key', { KEYMOMENT_PUSH_APNS_KEY: 'a key' }, { KEYMOMENT_PUSH_CHANNEL: 'services' }],
  ['push.web.key', { KEYMOMENT_PUSH_WEB_KEY: 'a key' }, { KEYMOMENT_PUSH_CHANNEL: 'services' }],
  ['ivr.url', { KEYMOMENT_IVR_URL: 'esl://:a@b:8021' }, { KEYMOMENT_IVR_CHANNEL: 'esl' }],
])('%s is named where nothing uses it', async (name, given, used) => {
  expect(unusedSettings(await loadSettings(undefined, given))).toEqual([expect.stringMatching(`^${name} is set`)])
  expect(unusedSettings(await loadSettings(undefined, { ...given, ...used }))).toEqual([])
})

test('as it is shipped nothing is', async () => {
  expect(unusedSettings(await loadSettings(undefined, {}))).toEqual([])
})
