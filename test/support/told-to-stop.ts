/**
 * Calls `stop` once, with the reason, when this process is told to end: by a signal, or by the end of the process that
 * started it (npm passes a signal on to its shell only, and the shell ends without a word).
 */
export function whenToldToStop(stop: (reason: string) => void): void {
  const parent = process.ppid
  let told = false
  const tell = (reason: string) => {
    if (told) return
    told = true
    stop(reason)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tell(signal))
  setInterval(() => process.ppid !== parent && tell('the end of its parent'), 250).unref()
}
