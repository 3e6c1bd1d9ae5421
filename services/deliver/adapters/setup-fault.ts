import type { ChannelFault, Log } from '../channel.ts'

/** That a provider doesn't let us send is told so often: each message finds it out. */
const tellAgainMs = 60_000
/** What isn't tried again for so long may be mended: more than the longest pause between two attempts. */
const staleMs = 600_000

/** Whether a provider lets us send at all, as its newest answer has it. It doesn't mend itself: people are told. */
export interface SetupFault {
  /** It doesn't, whoever it is for. @param reason its own word, without addresses */
  seen(reason: string | null): void
  /** It does: it took a message, or judged one. */
  over(): void
  /** For readiness; undefined: none, or none within ten minutes. */
  current(): ChannelFault | undefined
}

export interface SetupFaultParts {
  readonly provider: string
  readonly code: ChannelFault['code']
  /** For people: what doesn't hold, and where it is set. */
  readonly text: string
  readonly log: Log
  /** Milliseconds that pass as those of the wall do. */
  readonly now?: () => number
}

export function createSetupFault({
  provider,
  code,
  text,
  log,
  now = () => performance.now(),
}: SetupFaultParts): SetupFault {
  let newest: { readonly reason: string | null; readonly at: number } | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    seen(reason) {
      newest = { reason, at: now() }
      if (now() < toldAt + tellAgainMs) return
      toldAt = now()
      log.warn({ provider, code, reason }, text)
    },
    over() {
      if (newest) log.info({ provider }, 'the provider lets us send again')
      newest = undefined
      toldAt = Number.NEGATIVE_INFINITY
    },
    current: () =>
      newest && now() < newest.at + staleMs
        ? { code, reason: `${provider}: ${text}${newest.reason === null ? '' : ` (${newest.reason})`}` }
        : undefined,
  }
}
