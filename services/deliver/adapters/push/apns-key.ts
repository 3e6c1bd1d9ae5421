import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { CodedError } from '../../../domain/errors.ts'
import { readPrivateKey } from './private-key.ts'

/** Reads Apple's signing key (.p8). @throws CodedError KM_SETTINGS_INVALID, without a word of it */
export function readApnsKey(pem: string): KeyObject {
  const fault = (what: string) =>
    new CodedError('KM_SETTINGS_INVALID', `push.apns.key, or the file of push.apns.key_file: ${what}`)
  const key = readPrivateKey(pem)
  if (!key) throw fault('is no private key in PEM')
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (key.asymmetricKeyType !== 'ec' || curve !== 'prime256v1') {
    throw fault(`is of type ${[key.asymmetricKeyType, curve].filter(Boolean).join(' ')}, not of the curve P-256`)
  }
  return key
}

/** What says at APNs who sends. */
export interface ApnsSigner {
  readonly key: KeyObject
  readonly keyId: string
  readonly teamId: string
}

/** Apple takes a token for an hour, and a new one every 20 minutes at most. */
const renewMs = 40 * 60_000

/** Provider tokens (ES256), each used for 40 minutes. @param now the wall's milliseconds since 1970 */
export function createApnsTokens({ key, keyId, teamId }: ApnsSigner, now = Date.now): () => Promise<string> {
  let madeAt = Number.NEGATIVE_INFINITY
  let token = Promise.resolve('')
  return () => {
    const age = now() - madeAt
    // A clock that was set back would keep one beyond its time.
    if (age >= 0 && age < renewMs) return token
    madeAt = now()
    token = new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(teamId)
      .setIssuedAt(Math.floor(madeAt / 1_000))
      .sign(key)
    return token
  }
}
