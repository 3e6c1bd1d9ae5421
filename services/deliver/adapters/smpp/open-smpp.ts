import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isSupportedCountry } from 'libphonenumber-js'
import { CodedError } from '../../../domain/errors.ts'
import { kindOfSender, senderForms } from '../../../domain/sms-sender.ts'
import type { Clock } from '../../../flow/clock.ts'
import type { Settings } from '../../../settings/schema.ts'
import type { Channel, Log } from '../../channel.ts'
import { createSmppChannel, smppDefaults } from './smpp.ts'

/**
 * SMS as the settings say, through the operator's SMSC.
 * @throws CodedError KM_SETTINGS_INVALID: there is no URL, or a setting that cannot be used; KM_SMPP_URL
 */
export function openSmppChannel(settings: Settings['smpp'], clock: Clock, log: Log): Channel {
  const { url, ca_file: caFile, country, sender } = settings
  if (url === '') throw new CodedError('KM_SETTINGS_INVALID', "sms.channel is 'smpp', but smpp.url is not set")
  if (country !== '' && !isSupportedCountry(country)) {
    throw new CodedError('KM_SETTINGS_INVALID', `smpp.country: no numbers are known of '${country}'`)
  }
  if (!kindOfSender(sender)) {
    throw new CodedError(
      'KM_SETTINGS_INVALID',
      `smpp.sender: no short message can come from '${sender}'; a sender is ${senderForms}`,
    )
  }
  return createSmppChannel(
    {
      ...smppDefaults,
      url,
      ca: caFile === '' ? undefined : certificatesIn(caFile),
      systemType: settings.system_type,
      bind: settings.bind,
      binds: settings.binds,
      source: { address: sender },
      longTexts: settings.long_texts,
      perSecond: settings.per_second,
      window: settings.window,
      messageIds: { submit: settings.answer_ids, receipt: settings.receipt_ids },
      country: country === '' ? undefined : country,
    },
    clock,
    log,
  )
}

/** @throws CodedError KM_SETTINGS_INVALID */
function certificatesIn(file: string): string {
  try {
    const ca = readFileSync(file, 'utf8')
    const certificates = ca.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
    if (certificates.length === 0) throw new Error('it holds no certificate in PEM')
    for (const certificate of certificates) new X509Certificate(certificate)
    return ca
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('KM_SETTINGS_INVALID', `smpp.ca_file: '${file}' cannot be used: ${reason}`, { cause })
  }
}
