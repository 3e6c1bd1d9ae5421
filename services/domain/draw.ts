import { hash } from 'node:crypto'

/**
 * A number in [0, 1), evenly spread over what is drawn for: the same parts always draw the same one, and other parts one that
 * has nothing to do with it. The first 48 bits of SHA-256 over the parts as JSON, which keeps them apart.
 */
export const draw = (...parts: readonly string[]): number =>
  Number.parseInt(hash('sha256', JSON.stringify(parts), 'hex').slice(0, 12), 16) / 2 ** 48
