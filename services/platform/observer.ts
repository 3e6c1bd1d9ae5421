import { CodedError } from '../domain/errors.ts'
import type { FlowObserver } from '../flow/observer.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Tells metrics and the log what a service's shards do. Repeated failures of one kind are logged once a while. */
export function createObserver(service: string, metrics: Metrics, logger: Logger): FlowObserver {
  const log = logger.child({ service })
  const quietUntil = new Map<string, number>()
  const seldom = (key: string, write: () => void) => {
    const now = performance.now()
    if ((quietUntil.get(key) ?? 0) > now) return
    quietUntil.set(key, now + repeatAfterMs)
    write()
  }
  return {
    committed: (_shard, { millis }) => metrics.commit.observe({ service }, millis / 1000),
    deadLetter(shard, code, reason, topic, record) {
      metrics.deadLetters.inc({ reason: code })
      seldom(`dead ${code}`, () =>
        log.warn({ shard, topic, position: record?.position, code, reason }, 'a record became a dead letter'),
      )
    },
    reran: (_shard, isHandled) => metrics.reruns.inc({ service, outcome: isHandled ? 'handled' : 'failed' }),
    failingTimers: (shard, count) => metrics.failingTimers.set({ service, shard }, count),
    retrying(shard, error) {
      const code = error instanceof CodedError ? error.code : 'KM_SHARD_FAILED'
      metrics.retries.inc({ service, code })
      seldom(`retry ${code} ${shard}`, () => log.warn({ shard, err: error }, 'tries again'))
    },
    failed(shard, fault, again) {
      metrics.retries.inc({ service, code: fault.code })
      const level = again ? 'debug' : fault.canRetry ? 'warn' : 'error'
      log[level]({ shard, code: fault.code, err: fault.cause ?? fault }, 'shard waits')
    },
    started(shard, start) {
      if (start.adopted > 0) metrics.adopted.inc({ service }, start.adopted)
      log.info({ shard, ...start, millis: Math.round(start.millis) }, 'shard taken over')
    },
    stopped(shard, error) {
      metrics.failingTimers.remove({ service, shard })
      if (error === undefined) log.info({ shard }, 'shard handed over')
    },
  }
}

const repeatAfterMs = 10_000
