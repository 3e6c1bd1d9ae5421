import { userInfo } from 'node:os'
import type { ActList, CancelledAnswer, PausedAnswer, PauseList, ResumedAnswer } from '../../services/control/routes.ts'
import type { PauseView } from '../../services/control/views.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'

interface ActArguments {
  readonly url: string
  readonly reason?: string
  readonly author?: string
}

export interface PauseArguments extends ActArguments {
  readonly channel?: string
  readonly purpose?: string
  readonly campaign?: string
}

export interface ResumeArguments extends PauseArguments {
  readonly id?: string
}

export interface CancelArguments extends ActArguments {
  readonly campaign?: string
}

export interface ListArguments {
  readonly url: string
  readonly list?: boolean
  readonly history?: boolean
  readonly json?: boolean
}

/** Pauses what is named, or everything. @throws EngineRefusal; CodedError as `askEngine` */
export async function pause({ url, channel, purpose, campaign, ...options }: PauseArguments): Promise<void> {
  const body = { channel, purpose, campaign, ...actorOf(options) }
  const answer = await askEngine<PausedAnswer>(url, '/v1/pauses', body)
  const { pause: made, unchanged, everywhere_within_s } = answer
  print(made)
  say(
    unchanged
      ? `paused already: ${pauseText(made)}`
      : `paused: ${made.holds}; everywhere within ${everywhere_within_s} s`,
  )
}

/** Ends the pause of what is named, or of everything. @throws EngineRefusal; CodedError as `askEngine` */
export async function resume({ url, channel, purpose, campaign, id, ...options }: ResumeArguments): Promise<void> {
  const body = { channel, purpose, campaign, id, ...actorOf(options) }
  const { resumed, remaining } = await askEngine<ResumedAnswer>(url, '/v1/pauses/resume', body)
  for (const ended of resumed) {
    print(ended)
    say(`resumed: ${ended.holds}`)
  }
  for (const other of remaining) say(`still paused: ${pauseText(other)}`)
}

/** Cancels a command or those of a campaign. @throws EngineRefusal; CodedError as `askEngine`, KM_USAGE */
export async function cancel(commandId: string | undefined, options: CancelArguments): Promise<void> {
  const { url, campaign, ...actor } = options
  if ((commandId === undefined) === (campaign === undefined)) {
    throw new CodedError('KM_USAGE', 'say either which command, or by --campaign whose')
  }
  const body = { command_id: commandId, campaign, ...actorOf(actor) }
  const answer = await askEngine<CancelledAnswer>(url, '/v1/cancels', body)
  print(answer)
  if (commandId !== undefined && !/^[a-z2-7]{26}$/.test(commandId)) {
    say(
      `'${commandId}' is noted, and doesn't look like a command of Keymoment's: decisions and explain name them in 26 characters`,
    )
  }
  say('cancelled, unless it was claimed for sending already: the receipt says which (failed, cancelled)')
}

/** Prints what is paused. @throws EngineRefusal; CodedError as `askEngine` */
export async function listPauses({ url, json }: ListArguments): Promise<void> {
  const answer = await askEngine<PauseList>(url, '/v1/pauses')
  if (json) return print(answer)
  const { known, pauses } = answer
  if (pauses.length > 0) {
    const rows = pauses.map(({ since, holds, author, reason, id }) => [since, holds, author, reason ?? '', id])
    for (const line of columns([['since', 'holds', 'author', 'reason', 'id'], ...rows]))
      process.stdout.write(`${line}\n`)
  }
  say(pauses.length === 0 ? 'nothing is paused' : `${pauses.length} in force`)
  if (!known) say('KM_PAUSES_UNKNOWN  the engine cannot read at present what is paused: marketing and care wait')
}

/** Prints what operators did, the last of it first. @throws EngineRefusal; CodedError as `askEngine` */
export async function listActs({ url, json }: ListArguments): Promise<void> {
  const rows: string[][] = []
  for (let before: string | null | undefined; before !== null; ) {
    const query = before === undefined ? '' : `?before=${encodeURIComponent(before)}`
    const answer: ActList = await askEngine<ActList>(url, `/v1/pauses/history${query}`)
    if (json) for (const act of answer.acts) print(act)
    rows.push(
      ...answer.acts.map(({ at, action, what, author, reason, id }) => [at, action, what, author, reason ?? '', id]),
    )
    before = answer.before
  }
  if (json) return
  const head = ['at', 'action', 'what', 'author', 'reason', 'id']
  if (rows.length > 0) for (const line of columns([head, ...rows])) process.stdout.write(`${line}\n`)
}

const actorOf = ({ author = userInfo().username, reason }: Pick<ActArguments, 'author' | 'reason'>) => ({
  author,
  reason,
})

const pauseText = ({ holds, author, since, reason, id }: PauseView): string =>
  `${holds}, by ${author} since ${since}${reason === null ? '' : ` (${reason})`}, ${id}`

const print = (object: object): void => void process.stdout.write(`${JSON.stringify(object)}\n`)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
