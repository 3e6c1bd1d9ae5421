/**
 * kafkajs sets timers in the past, at which Node prints a TimeoutNegativeWarning each; it does no harm (the timer runs
 * at once). That one warning is dropped by its name, all others pass. Idempotent.
 */
export function dropNegativeTimeoutWarning(): void {
  const { emitWarning } = process
  if (Object.hasOwn(emitWarning, mark)) return
  const filtered = (...args: Parameters<typeof emitWarning>): void => {
    const [, detail] = args as unknown[]
    const name = typeof detail === 'object' && detail !== null && 'type' in detail ? detail.type : detail
    if (name !== 'TimeoutNegativeWarning') emitWarning(...args)
  }
  process.emitWarning = Object.assign(filtered as typeof emitWarning, { [mark]: true })
}

const mark = Symbol('drops TimeoutNegativeWarning')
