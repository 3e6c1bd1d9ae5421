import { listOf, objectIn, objectOf } from '../foreign-json.ts'
import type { Answered } from '../http-post.ts'
import { outcomeOfUnanswered } from '../unanswered.ts'
import type { PushOutcome } from './push-provider.ts'

/** What FCM means by its answer. docs/push.md has it as a table. */
export function outcomeOf(answered: Answered): PushOutcome {
  return answered.kind === 'answered' ? meaningOf(answered) : outcomeOfUnanswered(answered)
}

function meaningOf({ status, body, retryAfterMs }: Extract<Answered, { kind: 'answered' }>): PushOutcome {
  const { name, error } = wordsOf(body)
  if (status === 200) {
    return name === undefined
      ? { kind: 'unknown', code: 'bad-answer', detail: 'http 200 without a message id' }
      : { kind: 'accepted', messageId: name }
  }
  const detail = error.code ?? `http ${status}`
  if (status === 408 || status >= 500) return { kind: 'unknown', code: 'no-answer', detail }
  if (status === 429) {
    const silent = retryAfterMs === null ? {} : { silentMs: retryAfterMs }
    return { kind: 'not-sent', code: 'throttled', detail, ...silent }
  }
  if (error.code === 'UNREGISTERED') return { kind: 'gone', since: null, detail }
  if (status === 400) {
    return error.isOfToken ? { kind: 'gone', since: null, detail } : { kind: 'refused', code: 'refused', detail }
  }
  if (error.code === 'SENDER_ID_MISMATCH') return { kind: 'refused', code: 'refused', detail }
  // 401, 403, 404, a redirection: it isn't ours to send here, whoever it is for.
  return { kind: 'not-sent', code: 'channel-down', detail, isSetupFault: true }
}

interface Words {
  /** The id of a message that was taken. */
  readonly name: string | undefined
  readonly error: {
    /** FCM's own code where it says one, else that of Google's APIs. */
    readonly code: string | undefined
    /** It finds fault with the token. */
    readonly isOfToken: boolean
  }
}

const idMost = 256

function wordsOf(body: string): Words {
  const answer = objectIn(body)
  const error = objectOf(answer.error)
  const details = listOf(error.details).map(objectOf)
  const own = details.map(({ errorCode }) => errorCode).find(isCode)
  const violations = details.flatMap(({ fieldViolations }) => listOf(fieldViolations)).map(objectOf)
  const { name } = answer
  return {
    name: typeof name === 'string' && name.length > 0 && name.length <= idMost ? name : undefined,
    error: {
      code: own ?? (isCode(error.status) ? error.status : undefined),
      isOfToken: violations.some(({ field }) => field === 'message.token'),
    },
  }
}

const isCode = (value: unknown): value is string => typeof value === 'string' && /^[A-Z_]{1,40}$/.test(value)
