import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSmppChannel } from '../../services/deliver/adapters/smpp/open-smpp.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { captureLog } from './sender-under-test.ts'

const given = { KEYMOMENT_SMS_CHANNEL: 'smpp', KEYMOMENT_SMPP_URL: 'smpp://keymoment:geheim@127.0.0.1:2775' }
const open = async (changes: Readonly<Record<string, string>>) =>
  openSmppChannel((await loadSettings(undefined, { ...given, ...changes })).smpp, wallClock, captureLog().log)

function file(text: string): string {
  const name = join(temporaryFolder(), 'ca.pem')
  writeFileSync(name, text)
  return name
}

test.each([
  ['no SMSC', () => ({ KEYMOMENT_SMPP_URL: '' }), 'smpp.url is not set'],
  ['a URL of another kind', () => ({ KEYMOMENT_SMPP_URL: 'http://x:geheim@y' }), 'smpp://user:password@host:port'],
  [
    'a country that has no numbers',
    () => ({ KEYMOMENT_SMPP_COUNTRY: 'XX' }),
    "smpp.country: no numbers are known of 'XX'",
  ],
  [
    'a sender that no phone shows',
    () => ({ KEYMOMENT_SMPP_SENDER: 'Your Operator' }),
    "smpp.sender: no short message can come from 'Your Operator'",
  ],
  ['no bind at all', () => ({ KEYMOMENT_SMPP_BINDS: '0' }), 'smpp.binds'],
  ['a kind of bind that there is not', () => ({ KEYMOMENT_SMPP_BIND: 'outbind' }), 'smpp.bind'],
  ['a system type that does not fit', () => ({ KEYMOMENT_SMPP_SYSTEM_TYPE: 'x'.repeat(13) }), 'smpp.system_type'],
  ['certificates that are not there', () => ({ KEYMOMENT_SMPP_CA_FILE: '/nowhere/ca.pem' }), "smpp.ca_file: '/nowhere"],
  ['certificates that are none', () => ({ KEYMOMENT_SMPP_CA_FILE: file('hello') }), 'holds no certificate'],
  [
    'a certificate that is broken',
    () => ({ KEYMOMENT_SMPP_CA_FILE: file('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n') }),
    'smpp.ca_file',
  ],
] as const)('%s is refused at the start', async (_, changes, words) => {
  const opening = open(changes() as Readonly<Record<string, string>>)
  await expect(opening).rejects.toMatchObject({ code: 'KM_SETTINGS_INVALID', message: expect.stringContaining(words) })
  await expect(opening).rejects.not.toThrow(/geheim/)
})

test('each bind adds its window', async () => {
  const channel = await open({ KEYMOMENT_SMPP_BINDS: '3', KEYMOMENT_SMPP_WINDOW: '20' })
  expect(channel).toMatchObject({ provider: 'smpp', width: 60 })
})
