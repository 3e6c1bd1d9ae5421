import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPushChannel } from '../../services/deliver/adapters/push/open-push.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { captureLog } from './sender-under-test.ts'

const pem = { type: 'pkcs8', format: 'pem' } as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString()
const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export(pem).toString()
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey.export(pem).toString()
const account = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'k',
  private_key: rsa,
  client_email: 'e',
  token_uri: 'https://token.example/token',
}
const fcm = (changes: Record<string, unknown>) => ({
  KEYMOMENT_PUSH_FCM_CREDENTIALS: JSON.stringify({ ...account, ...changes }),
})
const apns = {
  KEYMOMENT_PUSH_APNS_KEY: p256,
  KEYMOMENT_PUSH_APNS_KEY_ID: 'KEY1',
  KEYMOMENT_PUSH_APNS_TEAM_ID: 'TEAM1',
  KEYMOMENT_PUSH_APNS_TOPIC: 'com.example.telecom',
}
const open = async (given: Readonly<Record<string, string>>) => {
  const { push } = await loadSettings(undefined, { KEYMOMENT_PUSH_CHANNEL: 'services', ...given })
  return openPushChannel(push, wallClock, captureLog().log)
}

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['no service', {}, 'no push service is set up'],
  ['a file that isn’t there', { KEYMOMENT_PUSH_FCM_CREDENTIALS_FILE: '/nowhere/fcm.json' }, "'/nowhere/fcm.json'"],
  [
    'what is no JSON',
    { KEYMOMENT_PUSH_FCM_CREDENTIALS: `geheim ${rsa}` },
    'push.fcm.credentials, or the file of push.fcm.credentials_file: is no JSON object',
  ],
  [
    'a list',
    { KEYMOMENT_PUSH_FCM_CREDENTIALS: '[]' },
    'push.fcm.credentials, or the file of push.fcm.credentials_file: is no JSON object',
  ],
  ['the key of an app', fcm({ type: 'authorized_user' }), "its 'type' is not 'service_account'"],
  ['an account without a project', fcm({ project_id: '' }), "it has no 'project_id'"],
  ['a key that is none', fcm({ private_key: 'geheim' }), "its 'private_key' is no private key in PEM"],
  ['a key of another kind', fcm({ private_key: p256 }), "its 'private_key' is of type ec, not rsa"],
  ['a token URL that is none', fcm({ token_uri: 'nowhere' }), "its 'token_uri' is no URL"],
  ['Apple’s key without its id', { ...apns, KEYMOMENT_PUSH_APNS_KEY_ID: '' }, 'push.apns.key_id is not'],
  ['Apple’s key without a team', { ...apns, KEYMOMENT_PUSH_APNS_TEAM_ID: '' }, 'push.apns.team_id is not'],
  ['Apple’s key without an app', { ...apns, KEYMOMENT_PUSH_APNS_TOPIC: '' }, 'push.apns.topic is not'],
  [
    'what is no key',
    { ...apns, KEYMOMENT_PUSH_APNS_KEY: 'geheim' },
    'push.apns.key, or the file of push.apns.key_file: is no private key in PEM',
  ],
  ['an RSA key for Apple', { ...apns, KEYMOMENT_PUSH_APNS_KEY: rsa }, 'is of type rsa, not of the curve P-256'],
  ['another curve', { ...apns, KEYMOMENT_PUSH_APNS_KEY: p384 }, 'is of type ec secp384r1, not of the curve P-256'],
  ['APNs without TLS', { ...apns, KEYMOMENT_PUSH_APNS_URL: 'http://x' }, 'push.apns.url is no URL of the form'],
])('%s is refused at the start', async (_, given, words) => {
  const opening = () => open(given)
  await expect(opening()).rejects.toMatchObject({
    code: 'KM_SETTINGS_INVALID',
    message: expect.stringContaining(words),
  })
  await expect(opening()).rejects.not.toThrow(/geheim|PRIVATE KEY/)
})

test('a file’s fault is told with the setting that names the file', async () => {
  const file = join(temporaryFolder(), 'empty.p8')
  writeFileSync(file, '\n')
  const { KEYMOMENT_PUSH_APNS_KEY: _, ...rest } = apns
  await expect(open({ ...rest, KEYMOMENT_PUSH_APNS_KEY_FILE: file })).rejects.toMatchObject({
    code: 'KM_SETTINGS_INVALID',
    message: expect.stringMatching(/APNS_KEY_FILE.*empty\.p8/),
  })
})

test('what is given is one channel that reaches the tokens of the services that are set up', async () => {
  const channel = await open({ ...fcm({}), ...apns, KEYMOMENT_PUSH_CONNECTIONS: '7' })
  expect(channel).toMatchObject({ provider: 'push', width: 7 })
  expect(['fcm:a', 'apns:a', 'web:a', 'a'].map((address) => channel.reaches?.(address))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(channel.health()).toMatchObject({ ready: true, reason: 'fcm not tried yet, apns not tried yet' })
  expect(
    await channel.send(
      {
        attemptId: 'a',
        commandId: 'c',
        subscriberId: 's',
        address: 'web:a',
        text: 't',
        sender: null,
        urgency: 'service',
        notAfter: Date.now() + 9_000,
      },
      new AbortController().signal,
    ),
  ).toMatchObject({ kind: 'refused', code: 'no-address' })
  await channel.close()
})
