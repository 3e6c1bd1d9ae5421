import { objectIn } from '../foreign-json.ts'
import { outcomeOfUnanswered } from '../unanswered.ts'
import type { LinkAnswered } from './apns-link.ts'
import type { PushOutcome } from './push-provider.ts'

/** What APNs means by its answer; `now`: milliseconds since 1970. docs/push.md has it as a table. */
export function outcomeOf(answered: LinkAnswered, now: number): PushOutcome {
  return answered.kind === 'answered' ? meaningOf(answered, now) : outcomeOfUnanswered(answered)
}

function meaningOf({ status, headers, body }: Extract<LinkAnswered, { kind: 'answered' }>, now: number): PushOutcome {
  if (status === 200) {
    const messageId = headers['apns-id']
    return typeof messageId === 'string' && messageId.length > 0 && messageId.length <= idMost
      ? { kind: 'accepted', messageId }
      : { kind: 'unknown', code: 'bad-answer', detail: 'http 200 without an apns-id' }
  }
  const { reason, timestamp } = wordsOf(body)
  const detail = reason ?? `http ${status}`
  if (status === 408 || status >= 500) return { kind: 'unknown', code: 'no-answer', detail }
  if (status === 429) return { kind: 'not-sent', code: 'throttled', detail }
  if (status === 410 || reason === 'BadDeviceToken') return { kind: 'gone', since: timestamp ?? now, detail }
  if (status === 413) return { kind: 'refused', code: 'text-too-long', detail }
  if (status === 403 || (status >= 300 && status < 400) || (reason !== undefined && setupFaults.has(reason))) {
    const isSetupFault = reason !== 'IdleTimeout' && ({ isSetupFault: true } as const)
    return { kind: 'not-sent', code: 'channel-down', detail, ...isSetupFault }
  }
  return { kind: 'refused', code: 'refused', detail }
}

/** Whoever it is for, it would be refused; the last is of the connection. */
const setupFaults: ReadonlySet<string> = new Set(['BadTopic', 'MissingTopic', 'TopicDisallowed', 'IdleTimeout'])

const idMost = 128

/** `timestamp`: since when the token leads nowhere, milliseconds since 1970. */
function wordsOf(body: string): { readonly reason: string | undefined; readonly timestamp: number | undefined } {
  const { reason, timestamp } = objectIn(body)
  return {
    reason: typeof reason === 'string' && /^[A-Za-z]{1,60}$/.test(reason) ? reason : undefined,
    timestamp:
      typeof timestamp === 'number' && Number.isSafeInteger(timestamp) && timestamp > 0 ? timestamp : undefined,
  }
}
