/** By ISO 3166 code, as Intl has them. */
const known = new Map<string, readonly string[]>()

/**
 * The IANA time zones of a country by its ISO 3166 code (two letters), as the time zone data of this Node.js has them; empty
 * for what is no country that it knows.
 */
export function zonesOf(country: string): readonly string[] {
  const found = known.get(country) ?? (codePattern.test(country) ? zonesByIntl(country) : [])
  known.set(country, found)
  return found
}

const codePattern = /^[A-Z]{2}$/

/** Of ECMA-402 2026; TypeScript's library does not know it yet. */
type LocaleWithZones = Intl.Locale & { getTimeZones(): readonly string[] | undefined }

const zonesByIntl = (country: string): readonly string[] =>
  (new Intl.Locale(`und-${country}`) as LocaleWithZones).getTimeZones() ?? []
