import { randomUUID } from 'node:crypto'
import { CodedError } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { DeskAct } from '../records/types.ts'
import type { Policy } from '../rules/catalogue.ts'
import { type Channel, topics } from '../topology.ts'
import type { BookTask } from './book.ts'
import type { InboxMessage } from './inbox.ts'
import type { BoardPrompt } from './prompt-board.ts'
import type { Reader } from './reader.ts'
import type { HandleRequest, ResultRequest, TakeRequest } from './requests.ts'
import { acted, type Means, refusalOfWithdrawn } from './task-entry.ts'

export interface ActParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly reader: Reader
  readonly now: () => number
  readonly policy: () => Policy
}

export interface TaskActed {
  readonly task: BookTask
  /** It was so already. */
  readonly unchanged: boolean
}

/** @throws CodedError KM_TASK_UNKNOWN */
export function knownTask({ book }: Reader, id: string): BookTask {
  const task = book.task(id)
  if (task) return task
  throw new CodedError('KM_TASK_UNKNOWN', `no task '${id}' is known; keymoment tasks list --state all names them`)
}

/** @throws CodedError KM_PROMPT_UNKNOWN */
function knownPrompt({ board }: Reader, id: string): BoardPrompt {
  const prompt = board.prompt(id)
  if (prompt) return prompt
  throw new CodedError('KM_PROMPT_UNKNOWN', `no prompt '${id}' is known: its call is long over, or never was`)
}

/** @throws CodedError KM_MESSAGE_UNKNOWN */
export function knownMessage({ inbox }: Reader, id: string): InboxMessage {
  const message = inbox.message(id)
  if (message) return message
  throw new CodedError('KM_MESSAGE_UNKNOWN', `no message '${id}' is known; keymoment inbox list --state all names them`)
}

/** Somebody has seen to what a subscriber wrote; of two the first counts. @throws CodedError KM_MESSAGE_UNKNOWN, KM_LOG_UNAVAILABLE */
export async function handleMessage(
  parts: ActParts,
  id: string,
  request: HandleRequest,
): Promise<{ readonly message: InboxMessage; readonly unchanged: boolean }> {
  const { reader, now } = parts
  await reader.refresh()
  const { subscriber_id, received_at, handled } = knownMessage(reader, id)
  if (handled) return { message: knownMessage(reader, id), unchanged: true }
  const acted_at = Math.max(now(), received_at)
  const act = actOf(request, { action: 'handle', note: request.note })
  await appendAct(parts, { ...act, of: 'reply', command_id: id, subscriber_id, acted_at })
  await reader.refresh()
  const message = knownMessage(reader, id)
  return { message, unchanged: message.handled?.by !== request.agent || message.handled.at !== acted_at }
}

/** Takes a task, or gives it back. @throws CodedError KM_TASK_…, KM_LOG_UNAVAILABLE */
export async function takeTask(
  parts: ActParts,
  id: string,
  action: 'take' | 'give-back',
  request: TakeRequest,
): Promise<TaskActed> {
  await parts.reader.refresh()
  return actOnTask(parts, knownTask(parts.reader, id), actOf(request, { action }))
}

/** Says how it went. @throws CodedError KM_TASK_…, KM_LOG_UNAVAILABLE */
export async function endTask(parts: ActParts, id: string, request: ResultRequest): Promise<TaskActed> {
  await parts.reader.refresh()
  const task = knownTask(parts.reader, id)
  const kind = parts.policy().humanChannels?.tasks.find((known) => known.id === task.command.task?.kind)
  const { means, channels } = resultOf(parts.policy(), request.code, kind?.results ?? [])
  const { code, dueAt: due_at, note } = request
  return actOnTask(parts, task, actOf(request, { action: 'result', code, means, channels, due_at, note }))
}

type Act = Omit<DeskAct, 'subscriber_id' | 'command_id' | 'acted_at' | 'of'>

const actOf = ({ agent, requestId }: TakeRequest, act: Partial<Act> & Pick<Act, 'action'>): Act => ({
  channels: [],
  ...act,
  agent,
  act_id: requestId === undefined ? deterministicId('act', randomUUID()) : deterministicId('act', agent, requestId),
})

/**
 * Of two people who act at once, the one whose act the log has first is heard: all read it in this order, so that the answer is known
 * once one's own act has come back.
 */
async function actOnTask(parts: ActParts, { command, entry }: BookTask, act: Act): Promise<TaskActed> {
  const { book } = parts.reader
  const { command_id, subscriber_id, issued_at } = command
  const acted_at = Math.max(parts.now(), issued_at)
  const value: DeskAct = { ...act, of: 'task', command_id, subscriber_id, acted_at }
  const foreseen = acted(entry, value)
  const withdrawn = refusalOfWithdrawn(entry, value)
  if (withdrawn) throw new CodedError(withdrawn.code, withdrawn.message)
  if (foreseen.refusal) throw new CodedError(foreseen.refusal.code, foreseen.refusal.message)
  if (!foreseen.isChanged) return { task: knownTask(parts.reader, command_id), unchanged: true }
  await appendAct(parts, value)
  await parts.reader.refresh()
  const verdict = book.verdict(act.act_id)
  if (verdict?.refusal) throw new CodedError(verdict.refusal.code, verdict.refusal.message)
  const task = knownTask(parts.reader, command_id)
  // It was withdrawn while this was said.
  const late = act.action === 'take' ? refusalOfWithdrawn(task.entry, value) : undefined
  if (late) throw new CodedError(late.code, late.message)
  return { task, unchanged: verdict?.isChanged !== true }
}

/** What an agent does with a prompt; everybody hears of it as news of the prompt. @throws CodedError KM_PROMPT_…, KM_LOG_UNAVAILABLE */
export async function actOnPrompt(parts: ActParts, id: string, request: TakeRequest | ResultRequest): Promise<void> {
  await parts.reader.refresh()
  const prompt = knownPrompt(parts.reader, id)
  const isResult = 'code' in request
  if (prompt.phase === 'over' || (!isResult && prompt.phase === 'withdrawn')) {
    throw new CodedError('KM_PROMPT_OVER', 'the call is over, or it is known already how it went')
  }
  const acted_at = Math.max(parts.now(), prompt.shown_at)
  const about = { of: 'prompt', command_id: id, subscriber_id: prompt.subscriber_id, acted_at } as const
  if (!isResult) return appendAct(parts, { ...actOf(request, { action: 'acknowledge' }), ...about })
  const { means, channels } = resultOf(parts.policy(), request.code, [])
  if (!saidInCall.has(means)) {
    throw new CodedError('KM_TASK_RESULT', `'${request.code}' says nothing of a call in which somebody is spoken to`)
  }
  const { code, note } = request
  return appendAct(parts, { ...actOf(request, { action: 'result', code, means, channels, note }), ...about })
}

const saidInCall: ReadonlySet<Means> = new Set(['accepted', 'intends', 'refused', 'opted-out', 'done', 'follow-up'])

/** @throws CodedError KM_LOG_UNAVAILABLE */
export async function appendAct({ log, codec }: Pick<ActParts, 'log' | 'codec'>, act: DeskAct): Promise<void> {
  await log.append([{ topic: topics.deskActs.name, key: act.subscriber_id, value: codec.encode(topics.deskActs, act) }])
}

/** `allowed`: ids of results; none: all. @throws CodedError KM_TASK_RESULT */
function resultOf(
  { humanChannels }: Policy,
  code: string,
  allowed: readonly string[],
): { readonly means: Means; readonly channels: readonly Channel[] } {
  const results = (humanChannels?.results ?? []).filter(({ id }) => allowed.length === 0 || allowed.includes(id))
  const found = results.find(({ id }) => id === code)
  if (found) return found
  const ids = results.map(({ id }) => id)
  throw new CodedError('KM_TASK_RESULT', `no result '${code}' here${didYouMean(code, ids)}; known: ${ids.join(', ')}`)
}
