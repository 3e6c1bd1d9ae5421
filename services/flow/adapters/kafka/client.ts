import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Kafka, type LogEntry } from 'kafkajs'
import { CodedError } from '../../../domain/errors.ts'
import { registerCodecs } from './codecs.ts'
import { dropNegativeTimeoutWarning } from './quiet-warning.ts'
import { readRecordsInPlace } from './raw-records.ts'
import type { KafkaLogger, KafkaLogSettings } from './settings.ts'
import { sendRecordsAsWritten } from './written-records.ts'

const { logLevel } = kafkajs

export function createClient(settings: KafkaLogSettings, logger: KafkaLogger): Kafka {
  registerCodecs()
  readRecordsInPlace()
  sendRecordsAsWritten()
  dropNegativeTimeoutWarning()
  const { brokers, clientId, ssl, sasl } = settings
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 6 },
    // Its infos tell every pause and resume.
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => pass(entry, logger),
  })
}

/** Part of every rebalance and of every start of a broker; kafkajs calls them errors and tries again. */
const ordinary =
  /rebalanc|re-?join|not aware of this member|LEADER_NOT_AVAILABLE|no leader|coordinator is (not available|loading)|not the correct coordinator|does not host this topic|The consumer group is/i

function pass({ namespace, level, log }: LogEntry, logger: KafkaLogger): void {
  const { message, error = '', broker, clientId, groupId, memberId, topic, partition } = log
  const fields = { error, broker, clientId, groupId, memberId, topic, partition }
  const text = `kafkajs ${namespace}: ${message}`
  if (ordinary.test(`${message} ${error}`)) logger.debug(fields, text)
  // The operation that failed for good is reported by whoever asked for it; up to then kafkajs tries again.
  else if (level <= logLevel.WARN) logger.warn(fields, text)
  else logger.debug(fields, text)
}

/**
 * Repeats something harmless until it succeeds or the time is over, and no more once the signal is aborted.
 * @throws CodedError KM_LOG_UNAVAILABLE (canRetry)
 */
export async function retryFor<T>(
  what: string,
  withinMs: number,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (let delay = 50; ; delay = Math.min(2 * delay, 1_000)) {
    try {
      return await attempt()
    } catch (error) {
      if (error instanceof CodedError) throw error
      if (signal?.aborted || Date.now() + delay >= deadline) throw logUnavailable(what, error)
      await sleep(delay)
    }
  }
}

export const logUnavailable = (what: string, cause: unknown): CodedError =>
  new CodedError(
    'KM_LOG_UNAVAILABLE',
    `${what}: Kafka does not answer (${cause instanceof Error ? cause.message : String(cause)})`,
    { canRetry: true, cause },
  )

export const logClosed = (): CodedError =>
  new CodedError('KM_LOG_CLOSED', 'this process has closed the log, as it ends; ask another one', { canRetry: true })
