/**
 * Port: a switch that makes calls. Adapter: `esl.ts` (FreeSWITCH's event socket); Asterisk's ARI fits beside it (originate with
 * a channelId of ours, playback and ChannelDtmfReceived, continue in the dialplan, ChannelDestroyed).
 */
export interface Dialler {
  /** Begins to connect, in the background and for ever. Called once. Never throws. */
  start(hear: (event: CallEvent) => void): void
  /** Resolves once commands are taken; false when the signal aborted before. */
  connected(signal: AbortSignal): Promise<boolean>
  /** Begins a call. What becomes of it comes as events. */
  dial(call: Dialling): Promise<Dialled>
  /** Says the prompt and waits for a key: `asked` comes once it is over. False: the switch didn't take it. */
  ask(id: string, question: Question): Promise<boolean>
  /** Hands the call over, out of our control. False: the switch didn't take it. */
  transfer(id: string, to: string): Promise<boolean>
  hangUp(id: string): Promise<void>
  /** What the switch knows of a call; null: it can't be asked now. */
  look(id: string): Promise<Sighting | null>
  state(): { readonly connected: boolean; readonly reason: string }
  close(): Promise<void>
}

export interface Dialling {
  /** Ours, unique for each attempt: with it the call is found again. */
  readonly id: string
  /** E.164 with the plus sign. */
  readonly number: string
  readonly ringMs: number
  /** After that the switch ends a call which nobody looks after any more. */
  readonly callMaxMs: number
}

export type Dialled =
  | { readonly kind: 'taken' }
  /** Nothing was asked of the switch, or it refused. */
  | { readonly kind: 'not-sent'; readonly detail: string | null }
  /** Asked, and the connection was lost before the answer: it may be ringing. */
  | { readonly kind: 'lost' }

export interface Question {
  readonly prompt: Prompt
  /** Keys that are understood. */
  readonly keys: string
  /** Times that it is asked, the first one counted, when the key is wrong or none. */
  readonly times: number
  /** For the key, behind the prompt. */
  readonly waitMs: number
}

export type Prompt =
  | { readonly kind: 'recording'; readonly name: string }
  | { readonly kind: 'speech'; readonly text: string }

export type Sighting =
  | { readonly kind: 'gone' }
  | { readonly kind: 'here'; readonly answered: boolean; readonly key: string | null }

export type CallEvent =
  | { readonly kind: 'ringing' | 'answered' | 'said' | 'machine'; readonly id: string }
  | { readonly kind: 'asked'; readonly id: string; readonly key: string | null; readonly hungUp: boolean }
  | CallEnded
  /** The connection to the switch; its calls go on meanwhile, and what they do isn't heard. */
  | LinkEvent

interface LinkEvent {
  readonly kind: 'lost' | 'back'
}

export interface CallEnded {
  readonly kind: 'ended'
  readonly id: string
  readonly cause: EndCause
  /** As the switch calls it. */
  readonly detail: string
  readonly key: string | null
}

/** Why a call ended, whatever the switch calls it. */
export type EndCause =
  | 'cleared'
  | 'busy'
  | 'no-reply'
  | 'declined'
  | 'unreachable'
  | 'unallocated'
  | 'barred'
  | 'congestion'
  | 'trouble'
  | 'unclear'
