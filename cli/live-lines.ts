import type { SandboxMessage } from '../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import type { LiveSummary, Tally } from '../services/live/summary.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export const number = (value: number): string => whole.format(value)

export const totalOf = (tallies: readonly Tally[]): number => tallies.reduce((sum, { total }) => sum + total, 0)

/** Those that are not zero. */
export const counted = (tallies: readonly Tally[]): readonly Tally[] => tallies.filter(({ total }) => total > 0)

/** `2026-03-02 09:14:07` in the engine's zone, in UTC until that is known. */
export function engineTime(at: number, { engine }: Pick<LiveSummary, 'engine'>): string {
  const timeZone = engine?.zone ?? 'UTC'
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone }).format(at)
}

/** `64 ms`, `2.5 s`, `> 60.0 s`; a dash where nothing was measured. */
export function duration(of: { readonly value: number; readonly beyond: boolean } | undefined): string {
  if (!of) return '–'
  const time = of.value < 1 ? `${number(of.value * 1000)} ms` : `${of.value.toFixed(1)} s`
  return of.beyond ? `> ${time}` : time
}

/** Without what could move a terminal's cursor or turn its text around: a message is somebody else's text. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, ' ')

/** What goes on, in one line: for files and pipes. */
export function summaryLine(summary: LiveSummary): string {
  const { engine, ready, problems, eventsPerSecond, events, moments, commands, suppressions } = summary
  const time = engine ? engineTime(engine.time, summary) : '-'.padEnd(19)
  if (!ready) return `${time}  not ready: ${problems.map(({ code, reason }) => `${code} ${reason}`).join('; ')}`
  const parts = [
    `${number(eventsPerSecond)} events/s`,
    `${number(totalOf(events))} events`,
    `${number(totalOf(moments))} moments`,
    `${number(totalOf(commands))} commands`,
    `${number(totalOf(suppressions))} kept back`,
    `lag ${number(summary.lag.total)}`,
    `p99 ${duration(summary.eventToCommand?.p99)}`,
  ]
  const trouble = { late: totalOf(summary.late), 'dead letters': totalOf(summary.deadLetters) }
  for (const [name, count] of Object.entries(trouble)) if (count > 0) parts.push(`${number(count)} ${name}`)
  return `${time}  ${parts.join('  ')}`
}

/** A message as it was sent. */
export function messageLine(message: SandboxMessage, summary: LiveSummary): string {
  const { sentAt, channel, subscriberId, address, segments, encoding, text } = message
  const size = encoding === null ? '' : `${segments} ${segments === 1 ? 'segment' : 'segments'} ${encoding}  `
  return printable(`${engineTime(sentAt, summary)}  ${channel} ${subscriberId} ${address}  ${size}${text}`)
}
