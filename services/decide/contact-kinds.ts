import type { ContactKinds } from '../rules/catalogue.ts'
import type { Case } from './gates.ts'

/** The case is of these purposes, categories and channels. A message that may be about anything is of every category. */
export function concerns(
  { purposes, categories, channels }: Partial<ContactKinds>,
  { moment, offer, channel }: Case,
): boolean {
  return isOneOf(purposes, moment.purpose) && isOneOf(channels, channel) && isOneOf(categories, offer?.category)
}

/** No list names all; what isn't known may be any. */
const isOneOf = (list: readonly string[] = [], value: string | undefined): boolean =>
  list.length === 0 || value === undefined || list.includes(value)
