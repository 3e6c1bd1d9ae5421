import { InvalidArgumentError } from 'commander'

/** Reads `--limit`: how much is on a page. @throws InvalidArgumentError */
export function pageSize(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= 500) return number
  throw new InvalidArgumentError('a whole number from 1 to 500')
}
