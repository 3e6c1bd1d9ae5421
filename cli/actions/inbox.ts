import { userInfo } from 'node:os'
import type { InboxActAnswer, InboxList } from '../../services/desk/inbox-routes.ts'
import type { MessageView } from '../../services/desk/views.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'

export interface MessageArguments {
  readonly url: string
}

export interface InboxArguments extends MessageArguments {
  readonly subscriber?: string
  readonly state: string
  readonly limit: number
  readonly after?: string
  readonly json?: boolean
}

export interface HandleArguments extends MessageArguments {
  readonly agent?: string
  readonly note?: string
}

/** Prints a page of what subscribers wrote. @throws EngineRefusal; CodedError as `askEngine` */
export async function listMessages(options: InboxArguments): Promise<void> {
  const { url, json, subscriber, state, limit, after: from } = options
  const asked = { state, limit: String(limit), ...(subscriber && { subscriber }), ...(from && { after: from }) }
  const answer = await askEngine<InboxList>(url, `/v1/inbox?${new URLSearchParams(asked)}`)
  if (json) return print(answer)
  const { messages, matching, after } = answer
  const rows = messages.map(({ received_at, channel, subscriber_id, state, handled_by, id, text }) => {
    return [received_at, channel, subscriber_id, state, handled_by ?? '', id, oneLine(text)]
  })
  const head = ['received', 'channel', 'subscriber', 'state', 'by', 'id', 'text']
  if (rows.length > 0) for (const line of columns([head, ...rows])) process.stdout.write(`${line}\n`)
  say(`${messages.length} of ${matching}`)
  if (after !== null) say(`the next ones: --after ${after}`)
}

/** Prints a message. @throws EngineRefusal; CodedError as `askEngine` */
export async function showMessage(id: string, { url }: MessageArguments): Promise<void> {
  print(await askEngine<MessageView>(url, `/v1/inbox/${encodeURIComponent(id)}`))
}

/** Says that somebody has seen to it. @throws EngineRefusal; CodedError as `askEngine` */
export async function handleMessage(id: string, options: HandleArguments): Promise<void> {
  const { url, agent = userInfo().username, note } = options
  const path = `/v1/inbox/${encodeURIComponent(id)}/handle`
  const { message, unchanged } = await askEngine<InboxActAnswer>(url, path, { agent, note })
  print(message)
  say(unchanged ? `${message.handled_by} has handled it already` : 'handled')
}

/** What somebody wrote must not move the cursor of who reads it. */
const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ')

const print = (object: object): void => void process.stdout.write(`${JSON.stringify(object)}\n`)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
