import { SignJWT } from 'jose'
import { objectIn } from '../foreign-json.ts'
import { type Answered, createHttpPost, type PostSettings } from '../http-post.ts'
import type { FcmAccount } from './fcm-account.ts'

/** An access token, or why there is none. */
export type Access = { readonly token: string } | { readonly token: null; readonly reason: string }

export interface FcmAccess {
  /** A token that holds for a minute at least; waits for one where there is none. Never rejects. */
  get(): Promise<Access>
  /** The service no longer takes this one. */
  forget(token: string): void
  close(): void
}

const scope = 'https://www.googleapis.com/auth/firebase.messaging'
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** The longest that is allowed. */
const assertionSeconds = 3_600
/** A token is renewed so long before its end. */
const earlyMs = 60_000
/** One that isn't given out is not asked for again at once. */
const afterRefusalMs = 5_000

/** Access tokens by OAuth 2.0's JWT bearer grant (RFC 7523): one is kept as long as it holds, and one request is made at a time. */
export function createFcmAccess(
  account: FcmAccount,
  settings: Pick<PostSettings, 'connectTimeoutMs' | 'answerTimeoutMs'>,
): FcmAccess {
  const { email, keyId, key, tokenUrl } = account
  const posts = createHttpPost({ ...settings, connections: 1, allowPrivate: true })
  /** `until`: of `performance.now`. */
  let known: { readonly access: Access; readonly until: number } | undefined
  let asking: Promise<Access> | undefined

  async function ask(): Promise<Access> {
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
      .setIssuer(email)
      .setAudience(tokenUrl)
      .setIssuedAt()
      .setExpirationTime(`${assertionSeconds}s`)
      .sign(key)
    const body = new URLSearchParams({ grant_type: grantType, assertion }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const answered = await posts.post({ to: new URL(tokenUrl), headers, body })
    const given = tokenIn(answered)
    if (given) {
      known = { access: { token: given.token }, until: performance.now() + given.seconds * 1_000 - earlyMs }
    } else {
      const reason = `no access token: ${reasonOf(answered)}`
      known = { access: { token: null, reason }, until: performance.now() + afterRefusalMs }
    }
    return known.access
  }

  return {
    get() {
      if (known && performance.now() < known.until) return Promise.resolve(known.access)
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    forget(token) {
      if (known?.access.token === token) known = undefined
    },
    close: posts.close,
  }
}

function tokenIn(answered: Answered): { readonly token: string; readonly seconds: number } | undefined {
  if (answered.kind !== 'answered' || answered.status !== 200) return undefined
  const { access_token: token, expires_in: seconds } = objectIn(answered.body)
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) && typeof seconds === 'number'
    ? { token, seconds }
    : undefined
}

/** OAuth's own word where there is one, as `invalid_grant`; never the answer itself. */
function reasonOf(answered: Answered): string {
  if (answered.kind !== 'answered') return answered.kind === 'not-taken' ? answered.reason : answered.kind
  const { error } = objectIn(answered.body)
  const word = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''
  return `http ${answered.status}${word}`
}
