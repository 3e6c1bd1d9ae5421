import type { FastifyInstance } from 'fastify'
import { ownErrors } from '../http/own-errors.ts'
import type { Policy } from '../rules/catalogue.ts'
import type { HumanChannels } from '../rules/human-channels.ts'
import { type ActParts, actOnPrompt, endTask, knownTask, type TaskActed, takeTask } from './act.ts'
import { inboxRoutes } from './inbox-routes.ts'
import { checkNames } from './known-names.ts'
import type { PageFoot } from './paging.ts'
import { createPromptStream, type PromptStream } from './prompt-stream.ts'
import {
  funnelQuery,
  listQuery,
  outcomeBody,
  promptQuery,
  readFunnelQuery,
  readListQuery,
  readOutcomeBody,
  readPromptQuery,
  readResultBody,
  readTakeBody,
  resultBody,
  takeBody,
} from './requests.ts'
import { type Funnel, funnelOf, taskPage } from './task-list.ts'
import { type PromptView, promptView, type TaskDetails, type TaskView, taskDetails, taskView } from './views.ts'

/** What has a status of its own. 409: somebody else was there before, or it is over. */
const statusByCode: Readonly<Record<string, number>> = {
  KM_TASK_UNKNOWN: 404,
  KM_PROMPT_UNKNOWN: 404,
  KM_MESSAGE_UNKNOWN: 404,
  KM_TASK_TAKEN: 409,
  KM_TASK_NOT_TAKEN: 409,
  KM_TASK_DONE: 409,
  KM_TASK_EXPIRED: 409,
  KM_TASK_WITHDRAWN: 409,
  KM_PROMPT_OVER: 409,
}

export interface TaskList extends PageFoot {
  readonly tasks: readonly TaskView[]
}

export interface TaskActAnswer {
  readonly task: TaskView
  /** It was so already. */
  readonly unchanged: boolean
}

export interface PromptList {
  readonly prompts: readonly PromptView[]
}

/** Teams, tasks and results as the catalogue in force says. */
export type DeskCatalogue = Pick<HumanChannels, 'teams' | 'tasks' | 'results'>

interface Params {
  readonly Params: { readonly id: string }
}
interface Query {
  readonly Querystring: Readonly<Record<string, unknown>>
}

const params = { type: 'object', properties: { id: { type: 'string', description: 'as the list names it' } } } as const

/** Tasks, prompts and what subscribers wrote, over HTTP. `parts` throws KM_NOT_READY (503) until the desk has read what there is. */
export function deskRoutes(http: FastifyInstance, parts: () => ActParts): void {
  void http.register(async (scope) => {
    ownErrors(scope, statusByCode)
    taskRoutes(scope, parts)
    promptRoutes(scope, parts)
    inboxRoutes(scope, parts)
    scope.get(
      '/v1/desk/catalogue',
      { schema: { summary: 'Teams, kinds of tasks and codes of results of the catalogue in force' } },
      async (): Promise<DeskCatalogue> => deskCatalogue(parts().policy()),
    )
  })
}

const deskCatalogue = ({ humanChannels }: Policy): DeskCatalogue => {
  const { teams = [], tasks = [], results = [] } = humanChannels ?? {}
  return { teams, tasks, results }
}

function taskRoutes(http: FastifyInstance, parts: () => ActParts): void {
  const answer = ({ task, unchanged }: TaskActed): TaskActAnswer => ({ task: taskView(task, parts().now()), unchanged })
  http.get<Query>(
    '/v1/tasks',
    { schema: { summary: 'Tasks, the most urgent tier first, in it what is due first', querystring: listQuery } },
    async ({ query }): Promise<TaskList> => {
      const { reader, now, policy } = parts()
      const { limit, after, ...asked } = readListQuery(query)
      checkNames(asked, policy(), reader.book.tasks())
      const { items, ...page } = taskPage(reader.book.tasks(), asked, { limit, after }, now())
      return { ...page, tasks: items.map((task) => taskView(task, now())) }
    },
  )
  http.get<Query>(
    '/v1/tasks/funnel',
    { schema: { summary: 'How far tasks have come: reached, interested, completed', querystring: funnelQuery } },
    async ({ query }): Promise<Funnel> => {
      const { reader, now, policy } = parts()
      const { since, ...asked } = readFunnelQuery(query)
      checkNames(asked, policy(), reader.book.tasks())
      return funnelOf(reader.book.tasks(), asked, since, now())
    },
  )
  http.get<Params>(
    '/v1/tasks/:id',
    { schema: { summary: 'A task: what happened, what to say, and what was done about it', params } },
    async ({ params: { id } }): Promise<TaskDetails> => taskDetails(knownTask(parts().reader, id), parts().now()),
  )
  for (const action of ['take', 'give-back'] as const) {
    const summary = action === 'take' ? 'Takes a task; another may take it after eight hours' : 'Gives a task back'
    http.post<Params>(
      `/v1/tasks/:id/${action}`,
      { schema: { summary, params, body: takeBody } },
      async ({ params: { id }, body }) => answer(await takeTask(parts(), id, action, readTakeBody(body))),
    )
  }
  http.post<Params>(
    '/v1/tasks/:id/result',
    { schema: { summary: 'Says by a code how it went', params, body: resultBody } },
    async ({ params: { id }, body }) => answer(await endTask(parts(), id, readResultBody(body))),
  )
}

function promptRoutes(http: FastifyInstance, parts: () => ActParts): void {
  let stream: PromptStream | undefined
  // Before the server waits for its connections to end, or it would wait for these.
  http.addHook('preClose', async () => stream?.close())
  http.get<Query>(
    '/v1/prompts',
    { schema: { summary: 'Prompts on screens now, repairs first', querystring: promptQuery } },
    async ({ query }): Promise<PromptList> => {
      const { agent, call } = readPromptQuery(query)
      const own = parts()
        .reader.board.live()
        .filter((one) => (agent === undefined || one.agent === agent) && (call === undefined || one.call_id === call))
      return { prompts: own.map(promptView) }
    },
  )
  http.get<Query>(
    '/v1/prompts/stream',
    {
      schema: {
        summary: 'Prompts as server-sent events: hello, show, update, withdraw, acknowledge, outcome',
        querystring: promptQuery,
      },
    },
    (request, reply) => {
      const asked = readPromptQuery(request.query)
      stream ??= createPromptStream(parts().reader.board)
      reply.hijack()
      stream.add(reply.raw, asked)
    },
  )
  http.post<Params>(
    '/v1/prompts/:id/acknowledge',
    { schema: { summary: 'The agent has read it; heard of as an event of the stream', params, body: takeBody } },
    async ({ params: { id }, body }, reply) => {
      await actOnPrompt(parts(), id, readTakeBody(body))
      return reply.status(202).send({ id })
    },
  )
  http.post<Params>(
    '/v1/prompts/:id/outcome',
    {
      schema: { summary: 'Says by a code how it went; heard of as an event of the stream', params, body: outcomeBody },
    },
    async ({ params: { id }, body }, reply) => {
      await actOnPrompt(parts(), id, readOutcomeBody(body))
      return reply.status(202).send({ id })
    },
  )
}
