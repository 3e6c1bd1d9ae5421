import { objectIn, objectOf } from '../foreign-json.ts'

/** As a browser gives it out: where it is pushed to, and the keys for which it is encrypted. */
export interface WebSubscription {
  readonly endpoint: URL
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** Why nothing is sent to an address. */
type NoSubscription = 'not-read' | 'host'

/**
 * Reads a token: the browser's subscription as JSON, in base64url. Whoever could write profiles could have us call any address, so only
 * those of push services are.
 * @param hosts those of push services; below each all are meant
 */
export function readSubscription(
  token: string,
  hosts: readonly string[],
  allowPrivate: boolean,
): WebSubscription | NoSubscription {
  const { endpoint, keys } = objectIn(Buffer.from(token, 'base64url').toString())
  const { p256dh, auth } = objectOf(keys)
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return 'not-read'
  if (!isOf(p256dh, 65) || !isOf(auth, 16)) return 'not-read'
  const url = new URL(endpoint)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && allowPrivate)
  return isSafe && isWithin(url.hostname, hosts) ? { endpoint: url, keys: { p256dh, auth } } : 'host'
}

const isOf = (value: unknown, bytes: number): value is string =>
  typeof value === 'string' && Buffer.from(value, 'base64url').length === bytes

const isWithin = (hostname: string, hosts: readonly string[]): boolean =>
  hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))
