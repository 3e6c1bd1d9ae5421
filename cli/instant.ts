import { InvalidArgumentError } from 'commander'
import { instantOf } from '../services/records/iso-time.ts'

/** An ISO-8601 time with a zone as milliseconds since 1970; for an option's value. */
export function instant(text: string): number {
  const time = instantOf(text)
  if (time === undefined) throw new InvalidArgumentError('an ISO-8601 time with a zone is expected')
  return time
}
