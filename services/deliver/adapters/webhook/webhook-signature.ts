import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Signatures as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`. Who knows the secret
 * knows that a body comes from the other side, unchanged, and lately.
 */
export interface SignatureHeaders {
  readonly 'webhook-id': string
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string
  /** One or, while a secret is changed, several with spaces between. */
  readonly 'webhook-signature': string
}

/** A body that was signed longer ago, or so far ahead, was caught and is played again. Milliseconds. */
const toleranceMs = 300_000

/** @param now milliseconds since 1970, of the wall clock */
export function sign(secret: string, id: string, body: string, now: number): SignatureHeaders {
  const timestamp = String(Math.floor(now / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest(secret, id, timestamp, body).toString('base64')}`,
  }
}

/** Whether the headers are of the body, by the secret, and not older than five minutes. */
export function isSigned(
  secret: string,
  headers: Readonly<Partial<Record<string, string | string[]>>>,
  body: string,
  now: number,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false
  const at = 1000 * Number(timestamp)
  if (!/^[0-9]{1,12}$/.test(timestamp) || Math.abs(now - at) > toleranceMs) return false
  const right = digest(secret, id, timestamp, body)
  return signatures.split(' ').some((signature) => {
    const [version, text = ''] = signature.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === right.length && timingSafeEqual(given, right)
  })
}

const digest = (secret: string, id: string, timestamp: string, body: string): Buffer =>
  createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest()
