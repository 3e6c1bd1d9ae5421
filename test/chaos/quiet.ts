const minute = 60_000

/** An interval of true time that is quiet in Berlin: whole minutes, milliseconds since 1970. */
export interface QuietWindow {
  readonly from: number
  readonly to: number
}

/** Two minutes of quiet in a campaign that begins now, and a minute between them. */
export function quietWindows(begin: number): readonly QuietWindow[] {
  const first = Math.ceil(begin / minute) * minute + minute
  return [first, first + 2 * minute].map((from) => ({ from, to: from + minute }))
}

/** HH:MM in Berlin. */
export const wallClockOf = (instant: number): string =>
  new Date(instant).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' })
