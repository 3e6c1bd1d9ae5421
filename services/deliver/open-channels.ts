import { CodedError } from '../domain/errors.ts'
import type { Platform } from '../platform/platform.ts'
import { type Channel as ChannelName, serviceNodes } from '../topology.ts'
import type { Channel, Log } from './channel.ts'
import { openIvrChannel } from './open-ivr.ts'
import { openPushChannel } from './open-push.ts'
import { openSmppChannel } from './open-smpp.ts'
import { createSandboxChannel, type SandboxShelf, sandboxDefaults } from './sandbox.ts'
import { createWebhookChannel, webhookDefaults } from './webhook.ts'

/** One adapter for each channel that the settings turn on. @throws CodedError KM_SETTINGS_INVALID */
export function openChannels(platform: Platform, shelf: SandboxShelf): ReadonlyMap<ChannelName, Channel> {
  const opened = new Map<ChannelName, Channel>([['sms', createSmsChannel(platform, shelf)]])
  for (const channel of ['ivr', 'push'] as const) {
    const { channel: kind } = platform.settings[channel]
    if (kind === 'sandbox') opened.set(channel, createSandbox(channel, platform, shelf))
    if (kind === 'webhook') opened.set(channel, createWebhook(channel, platform))
  }
  const { settings, clock } = platform
  if (settings.push.channel === 'services') opened.set('push', openPushChannel(settings.push, clock, logOf(platform)))
  if (settings.ivr.channel === 'esl') opened.set('ivr', openIvrChannel(settings.ivr, clock, logOf(platform)))
  return opened
}

const logOf = ({ logger }: Platform): Log => logger.child({ service: serviceNodes.deliver.name })

function createSandbox(channel: ChannelName, platform: Platform, shelf: SandboxShelf): Channel {
  const { sms } = platform.settings
  const settings = { ...sandboxDefaults, channel, deliveryMs: sms.sandbox_delay_ms, keep: sms.sandbox_keep }
  return createSandboxChannel(settings, platform.clock, logOf(platform), shelf)
}

/** @throws CodedError KM_SETTINGS_INVALID: a webhook is chosen, but there is no URL or no secret */
function createWebhook(channel: ChannelName, platform: Platform): Channel {
  const { webhook } = platform.settings
  const { url, secret, per_second: perSecond, connections, answer_ms: answerTimeoutMs, allow_private } = webhook
  if (url === '' || secret.length < 16) {
    const lacks = url === '' ? 'webhook.url is not set' : 'webhook.secret has fewer than 16 characters'
    throw new CodedError('KM_SETTINGS_INVALID', `${channel}.channel is 'webhook', but ${lacks}`)
  }
  const own = { channel, url, secret, perSecond, connections, answerTimeoutMs, allowPrivate: allow_private }
  return createWebhookChannel({ ...webhookDefaults, ...own }, platform.clock, logOf(platform))
}

/** @throws CodedError KM_SETTINGS_INVALID: smpp is chosen, but there is no URL */
function createSmsChannel(platform: Platform, shelf: SandboxShelf): Channel {
  const { sms, smpp } = platform.settings
  if (sms.channel === 'sandbox') return createSandbox('sms', platform, shelf)
  if (sms.channel === 'webhook') return createWebhook('sms', platform)
  return openSmppChannel(smpp, platform.clock, logOf(platform))
}
