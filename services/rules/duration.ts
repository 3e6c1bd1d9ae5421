const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof units

/** Lengths such as `90s`, `10m`, `48h`, `30d` (24-hour days) in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^([1-9][0-9]{0,8})([smhd])$/.exec(text) ?? []
  return digits && unit ? Number(digits) * units[unit as Unit] : undefined
}

/** Wall times "00:00" to "23:59" in minutes after midnight; undefined for anything else. */
export function parseWallTime(text: string): number | undefined {
  const [, hours, minutes] = /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(text) ?? []
  return hours && minutes ? Number(hours) * 60 + Number(minutes) : undefined
}
