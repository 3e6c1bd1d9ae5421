import { isCivilDate } from './formats.ts'

const form =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Milliseconds since 1970 of an ISO-8601 time with a zone (Z or ±hh:mm); parts of a millisecond are dropped. undefined
 * for anything else: a time without a zone means another instant everywhere.
 */
export function instantOf(text: string): number | undefined {
  const date = form.exec(text)?.[1]
  return date !== undefined && isCivilDate(date) ? Date.parse(text) : undefined
}
