import { InvalidArgumentError } from 'commander'

/** An ISO-8601 time with a zone as milliseconds since 1970; for an option's value. */
export function instant(text: string): number {
  const time = /[Zz]|[+-]\d\d:\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new InvalidArgumentError('an ISO-8601 time with a zone is expected')
  return time
}
