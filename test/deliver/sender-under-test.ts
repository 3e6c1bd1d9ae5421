import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { createSmppChannel, type SmppSettings, smppDefaults } from '../../services/deliver/adapters/smpp/smpp.ts'
import type { Channel, Log } from '../../services/deliver/channel.ts'
import { createEdgeIndex, type EdgeIndex, edgeDefaults } from '../../services/deliver/edge-index.ts'
import type { ReplyOutput } from '../../services/deliver/intake.ts'
import type { ReceiptOutput } from '../../services/deliver/receipt.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import { createSender, type Sender, type SenderParts, type SenderSettings } from '../../services/deliver/sender.ts'
import { optOutsAlone, type ReplyWords } from '../../services/domain/reply-words.ts'
import { createEmbeddedStore } from '../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { Receipt } from '../../services/records/types.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Lines of the log as they would be printed, without time and process id. */
export function captureLog(): { log: Log; lines: string[] } {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  return { log: pino({ level: 'trace', timestamp: false, base: null }, stream), lines }
}

/** An edge index on a store of its own. */
export function openEdge() {
  const store = createEmbeddedStore({ file: join(temporaryFolder(), 'state.sqlite') })
  onTestFinished(() => store.close())
  return createEdgeIndex(store.index('deliver'), { ...edgeDefaults, secret: 'a secret of the tests only' })
}

/** Everything of deliver behind the step, with an append that fails as long as `appendFails` is set. */
export interface UnderTest {
  readonly sender: Sender
  readonly appended: (ReceiptOutput | ReplyOutput)['value'][]
  /** Each id once, as its readers take them. */
  receipts(): readonly Receipt[]
  readonly lines: string[]
  /** What was counted of what the channel told: its kind, and its code where it led to nothing. */
  readonly counted: string[]
  readonly edge: EdgeIndex
  appendFails: boolean
  /** Times that it failed. */
  appendsFailed: number
}

interface UnderTestOptions extends Pick<SenderParts, 'control'> {
  readonly settings?: SenderSettings | undefined
  /** Default: sms. */
  readonly name?: SenderParts['name']
  /** Default: one of its own. */
  readonly edge?: EdgeIndex
}

export function startSender(
  create: (log: Log) => Channel,
  { settings, control, name = 'sms', edge = openEdge() }: UnderTestOptions = {},
): UnderTest {
  const { log, lines } = captureLog()
  const appended: (ReceiptOutput | ReplyOutput)['value'][] = []
  const receipts = new Map<string, Receipt>()
  const counted: string[] = []
  const append = async (output: ReceiptOutput | ReplyOutput) => {
    if (underTest.appendFails) {
      underTest.appendsFailed++
      throw new Error('the log is away')
    }
    appended.push(output.value)
    if ('receipt_id' in output.value) receipts.set(output.value.receipt_id, output.value)
  }
  const parts = { name, channel: create(log), edge, words: () => replyWords, append, clock: wallClock, log }
  const countTold = (kind: string, code: string) => void counted.push(`${kind} ${code}`.trim())
  const sender = createSender({ ...parts, countTold, ...(settings && { settings }), ...(control && { control }) })
  const underTest: UnderTest = {
    sender,
    appended,
    receipts: () => [...receipts.values()],
    lines,
    counted,
    edge,
    appendFails: false,
    appendsFailed: 0,
  }
  onTestFinished(() => sender.stop())
  sender.start()
  return underTest
}

/** As a catalogue has them. */
const replyWords: ReplyWords = {
  ...optOutsAlone,
  'opted-out': [...optOutsAlone['opted-out'], 'arret', '拒收'],
  refused: ['no', '2', '不要'],
  accepted: ['yes', '1', '好'],
}

/** A sender over SMPP with short times, so that a test needn't wait. */
export const startSmppSender = (
  url: string,
  changes: Partial<SmppSettings> = {},
  options: UnderTestOptions = {},
): UnderTest =>
  startSender(
    (log) =>
      createSmppChannel(
        {
          ...smppDefaults,
          url,
          source: { address: '10086' },
          answerTimeoutMs: 1_000,
          reconnectMs: { first: 20, longest: 200 },
          againMs: { first: 20, longest: 200 },
          perSecond: 1_000,
          unboundMs: 30_000,
          ...changes,
        },
        wallClock,
        log,
      ),
    options,
  )

let made = 0

/** A send to a number of its own. */
export function effectOf(text: string, changes: Partial<SendEffect> = {}): SendEffect {
  made++
  const now = wallClock.now()
  return {
    attemptId: `attempt-${made}`,
    commandId: `command-${made}`,
    subscriberId: `subscriber-${made}`,
    channel: 'sms',
    purpose: 'marketing',
    campaigns: ['rule'],
    issuedAt: now,
    claimedAt: now,
    address: `+86138000${String(made).padStart(5, '0')}`,
    text,
    sender: null,
    awaitedUntil: 0,
    link: null,
    notAfter: now + 600_000,
    giveUpAt: now + 15_000,
    ...changes,
  }
}
