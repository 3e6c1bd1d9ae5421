import { userInfo } from 'node:os'
import type { PromptList, TaskActAnswer, TaskList } from '../../services/desk/routes.ts'
import type { Funnel } from '../../services/desk/task-list.ts'
import type { TaskDetails } from '../../services/desk/views.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'

interface Asking {
  readonly url: string
  readonly json?: boolean
}

interface Narrowed {
  readonly team?: string
  readonly tier?: string
  readonly kind?: string
  readonly agent?: string
  readonly subscriber?: string
}

export interface ListArguments extends Asking, Narrowed {
  readonly state: string
  readonly limit: number
  readonly after?: string
}

export interface FunnelArguments extends Asking, Narrowed {
  readonly since?: string
}

export interface TaskArguments extends Asking {
  readonly agent?: string
}

export interface ResultArguments extends TaskArguments {
  readonly due?: string
  readonly note?: string
}

export interface PromptArguments extends Asking {
  readonly agent?: string
  readonly call?: string
}

/** Prints a page of tasks. @throws EngineRefusal; CodedError as `askEngine` */
export async function listTasks({ url, json, limit, ...asked }: ListArguments): Promise<void> {
  const answer = await askEngine<TaskList>(url, `/v1/tasks?${query({ ...asked, limit: String(limit) })}`)
  if (json) return print(answer)
  const { tasks, matching, after } = answer
  const rows = tasks.map(({ due_at, tier, team, kind, subscriber_id, state, agent, code, id }) => {
    return [due_at, tier, team, kind, subscriber_id, state, agent ?? '', code ?? '', id]
  })
  table(['due', 'tier', 'team', 'kind', 'subscriber', 'state', 'agent', 'result', 'id'], rows)
  say(`${tasks.length} of ${matching}`)
  if (after !== null) say(`the next ones: --after ${after}`)
}

/** Prints all that is known of a task. @throws EngineRefusal; CodedError as `askEngine` */
export async function showTask(id: string, { url, json }: TaskArguments): Promise<void> {
  const task = await askEngine<TaskDetails>(url, `/v1/tasks/${encodeURIComponent(id)}`)
  process.stdout.write(`${JSON.stringify(task, undefined, json ? 0 : 2)}\n`)
}

/** Takes a task, or gives it back. @throws EngineRefusal; CodedError as `askEngine` */
export async function actOnTask(action: 'take' | 'give-back', id: string, options: TaskArguments): Promise<void> {
  const { url, agent = userInfo().username } = options
  tell(await askEngine<TaskActAnswer>(url, `/v1/tasks/${encodeURIComponent(id)}/${action}`, { agent }))
}

/** Says how it went. @throws EngineRefusal; CodedError as `askEngine` */
export async function endTask(id: string, code: string, options: ResultArguments): Promise<void> {
  const { url, agent = userInfo().username, due: due_at, note } = options
  const body = { agent, code, due_at, note }
  tell(await askEngine<TaskActAnswer>(url, `/v1/tasks/${encodeURIComponent(id)}/result`, body))
}

/** Prints how far tasks have come. @throws EngineRefusal; CodedError as `askEngine` */
export async function printFunnel({ url, json, ...asked }: FunnelArguments): Promise<void> {
  const funnel = await askEngine<Funnel>(url, `/v1/tasks/funnel?${query({ ...asked })}`)
  if (json) return print(funnel)
  const { by_code, ...counts } = funnel
  const share = (count: number) => (funnel.tasks === 0 ? '' : `${Math.round((100 * count) / funnel.tasks)} %`)
  table(
    ['', 'tasks', 'share'],
    Object.entries(counts).map(([name, count]) => [name, String(count), share(count)]),
  )
  const codes = Object.entries(by_code).map(([name, count]) => `${count} ${name}`)
  say(`last results: ${codes.join(', ') || 'none'}`)
}

/** Prints the prompts that agents have on their screens. @throws EngineRefusal; CodedError as `askEngine` */
export async function listPrompts({ url, json, ...asked }: PromptArguments): Promise<void> {
  const answer = await askEngine<PromptList>(url, `/v1/prompts?${query({ ...asked })}`)
  if (json) return print(answer)
  const rows = answer.prompts.map(({ call_id, agent, subscriber_id, happened, offer, text, id }) => {
    return [call_id, agent ?? '', subscriber_id, happened, offer ?? '', text, id]
  })
  table(['call', 'agent', 'subscriber', 'what happened', 'offer', 'to say', 'id'], rows)
  say(`${rows.length} on screens`)
}

const query = (asked: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(
    Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ).toString()

function tell({ task, unchanged }: TaskActAnswer): void {
  print(task)
  say(`${unchanged ? 'it was so already: ' : ''}${task.state}${task.code === null ? '' : `, ${task.code}`}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  if (rows.length > 0) for (const line of columns([head, ...rows])) process.stdout.write(`${line}\n`)
}

const print = (object: object): void => void process.stdout.write(`${JSON.stringify(object)}\n`)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
