import type { ReplyWords } from '../domain/reply-words.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import { readWhole, wholeTopic } from '../records/whole-topics.ts'
import type { Logger } from '../telemetry/log.ts'
import { topics } from '../topology.ts'
import { type Book, createBook } from './book.ts'
import type { About } from './cancels.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { createPromptBoard, type PromptBoard } from './prompt-board.ts'

export interface ReaderParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly logger: Logger
  readonly now: () => number
  /** What replies mean, by the catalogue in force. */
  readonly words: () => ReplyWords
  readonly fail: (error: unknown) => void
  /** A task or a prompt has come. */
  readonly onNew?: (about: About) => void
}

/** What this process knows of tasks, prompts and messages: it reads their topics as a whole, and goes on doing so. */
export interface Reader {
  readonly book: Book
  readonly board: PromptBoard
  readonly inbox: Inbox
  /** Resolves when all that lay on the log is known here. @throws CodedError KM_LOG_UNAVAILABLE */
  refresh(): Promise<void>
  stop(): Promise<void>
}

/** Prompts live as long as a call: of each shard only its newest are read at the start. */
const promptsRead = 2_000
/** Replies too, of which most mean something to the engine. */
const repliesRead = 20_000
const patienceMs = 15_000

/** @throws CodedError KM_LOG_UNAVAILABLE */
export async function openReader({
  log,
  codec,
  logger,
  now,
  words,
  fail,
  onNew = () => undefined,
}: ReaderParts): Promise<Reader> {
  const book = createBook()
  const board = createPromptBoard(now)
  const inbox = createInbox(words)
  const [prompts = [], replies = []] = await log.ends([topics.prompts.name, topics.events.reply.name])
  const newest = (ends: readonly number[], most: number) => ends.map((end) => Math.max(0, end - most))
  const unread = (topic: string, problem: unknown) =>
    logger.error({ err: problem, topic, code: 'KM_DESK_UNREADABLE' }, 'a record of the desk cannot be read')
  const read = [
    wholeTopic(topics.commands.task, (command, _place, problem) => {
      if (command) {
        book.takeCommand(command)
        onNew(command)
      } else unread(topics.commands.task.name, problem)
    }),
    wholeTopic(topics.deskActs, (act, _place, problem) => {
      if (act) {
        book.takeAct(act)
        inbox.takeAct(act)
      } else unread(topics.deskActs.name, problem)
    }),
    wholeTopic(
      topics.prompts,
      (news, _place, problem) => {
        if (news) {
          board.take(news)
          const { command_id, subscriber_id, at: issued_at, content } = news
          if (content) onNew({ command_id, subscriber_id, issued_at, rule: content.rule })
        } else unread(topics.prompts.name, problem)
      },
      newest(prompts, promptsRead),
    ),
    wholeTopic(
      topics.events.reply,
      (reply, _place, problem) => {
        if (reply) inbox.takeReply(reply)
        else unread(topics.events.reply.name, problem)
      },
      newest(replies, repliesRead),
    ),
  ]
  const whole = await readWhole({ log, codec, reader: 'desk', topics: read, failed: fail })
  async function refresh(): Promise<void> {
    await whole.throughAll(AbortSignal.timeout(patienceMs))
    book.tidy(now())
    inbox.tidy(now())
  }
  try {
    await refresh()
  } catch (error) {
    await whole.stop()
    throw error
  }
  return { book, board, inbox, refresh, stop: () => whole.stop() }
}
