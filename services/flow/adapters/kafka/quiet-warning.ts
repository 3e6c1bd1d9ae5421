/**
 * kafkajs sets timers in the past, for each of which Node emits a TimeoutNegativeWarning; they do no harm (such a timer
 * runs at once). That one warning is dropped by its name, all others pass. Node emits it by an internal function, so
 * that `process.emit` is the only place in which it can be met. Idempotent.
 */
export function dropNegativeTimeoutWarning(): void {
  if (Object.hasOwn(process.emit, mark)) return
  const filtered = new Proxy(process.emit, {
    apply(emit, self, args: unknown[]) {
      const [event, warning] = args
      if (event === 'warning' && warning instanceof Error && warning.name === 'TimeoutNegativeWarning') return false
      return Reflect.apply(emit, self, args)
    },
  })
  process.emit = Object.assign(filtered, { [mark]: true })
}

const mark = Symbol('drops TimeoutNegativeWarning')
