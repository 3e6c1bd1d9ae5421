import { CodedError } from '../domain/errors.ts'
import type { Platform } from '../platform/platform.ts'
import { type Channel as ChannelName, serviceNodes } from '../topology.ts'
import { ivrSettings, openIvrChannel } from './adapters/ivr/open-ivr.ts'
import { openPushChannel } from './adapters/push/open-push.ts'
import { createSandboxChannel } from './adapters/sandbox/sandbox.ts'
import { createSandboxCalls } from './adapters/sandbox/sandbox-calls.ts'
import type { SandboxShelf } from './adapters/sandbox/sandbox-shelf.ts'
import { openSmppChannel } from './adapters/smpp/open-smpp.ts'
import { createWebhookChannel, webhookDefaults } from './adapters/webhook/webhook.ts'
import type { Channel, Log } from './channel.ts'
import { unusedSettings } from './unused-settings.ts'

/** One adapter for each channel that the settings turn on. @throws CodedError KM_SETTINGS_INVALID */
export function openChannels(platform: Platform, shelf: SandboxShelf): ReadonlyMap<ChannelName, Channel> {
  for (const unused of unusedSettings(platform.settings)) {
    logOf(platform).warn({ code: 'KM_SETTINGS_UNUSED' }, unused)
  }
  const opened = new Map<ChannelName, Channel>([['sms', createSmsChannel(platform, shelf)]])
  const { settings, clock } = platform
  const { push, ivr } = settings
  if (push.channel === 'sandbox') opened.set('push', createSandbox('push', platform, shelf))
  if (push.channel === 'webhook') opened.set('push', createWebhook('push', platform))
  if (push.channel === 'services') opened.set('push', openPushChannel(push, clock, logOf(platform)))
  if (ivr.channel === 'esl') opened.set('ivr', openIvrChannel(ivr, clock, logOf(platform)))
  if (ivr.channel === 'sandbox') {
    const sandbox = sandboxSettings('ivr', platform)
    opened.set('ivr', createSandboxCalls(sandbox, ivrSettings(ivr), clock, logOf(platform), shelf))
  }
  return opened
}

const logOf = ({ logger }: Platform): Log => logger.child({ service: serviceNodes.deliver.name })

function sandboxSettings(channel: 'sms' | 'push' | 'ivr', { settings }: Platform) {
  return { deliveryMs: settings.sms.sandbox_delay_ms, failShare: settings[channel].sandbox_fail_share }
}

function createSandbox(channel: 'sms' | 'push', platform: Platform, shelf: SandboxShelf): Channel {
  const settings = { ...sandboxSettings(channel, platform), channel }
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
