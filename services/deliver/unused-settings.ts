import type { Settings } from '../settings/schema.ts'

type Given = Pick<Settings, 'sms' | 'push' | 'ivr' | 'smpp' | 'webhook'>

/**
 * What is set up and not used, as no channel is set to it: each as a sentence for the log. Whoever tries a sandbox in between leaves the
 * rest as it is, so that it keeps nothing from starting.
 */
export function unusedSettings({ sms, push, ivr, smpp, webhook }: Given): readonly string[] {
  const isPushed = push.channel === 'services'
  const rows: readonly (readonly [isGiven: boolean, isUsed: boolean, name: string, by: string])[] = [
    [smpp.url !== '', sms.channel === 'smpp', 'smpp.url', "sms.channel is 'smpp'"],
    [
      webhook.url !== '',
      [sms, push].some(({ channel }) => channel === 'webhook'),
      'webhook.url',
      "sms.channel or push.channel is 'webhook'",
    ],
    [push.fcm.credentials !== '', isPushed, 'push.fcm.credentials', "push.channel is 'services'"],
    [push.apns.key !== '', isPushed, 'push.apns.key', "push.channel is 'services'"],
    [push.web.key !== '', isPushed, 'push.web.key', "push.channel is 'services'"],
    [ivr.url !== '', ivr.channel === 'esl', 'ivr.url', "ivr.channel is 'esl'"],
  ]
  return rows.flatMap(([isGiven, isUsed, name, by]) =>
    isGiven && !isUsed ? [`${name} is set, and not used unless ${by}`] : [],
  )
}
