/** Why something may not leave any more. */
export type Obstacle = 'expired' | 'stopping'

/** What became of a request to which there is no answer. */
export type Unanswered =
  /** Proof that it wasn't looked at: no connection, or HTTP/2 says so (RFC 9113: REFUSED_STREAM, or above GOAWAY's last stream). */
  | { readonly kind: 'not-taken'; readonly reason: string }
  /** It may not leave any more, as was found once the connection stood: nothing was written. */
  | { readonly kind: 'withheld'; readonly code: Obstacle }
  /** It may have been read. */
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'connection-lost' }

/** The one rule of what that says of a message: only what was not written or not looked at is proven not to have left. */
export function outcomeOfUnanswered(unanswered: Unanswered) {
  switch (unanswered.kind) {
    case 'not-taken':
      return { kind: 'not-sent', code: 'channel-down', detail: unanswered.reason } as const
    case 'withheld':
      return { kind: 'not-sent', code: unanswered.code, detail: null } as const
    case 'no-answer':
    case 'connection-lost':
      return { kind: 'unknown', code: unanswered.kind, detail: null } as const
  }
}
