import type { PromptNews } from '../records/types.ts'

/** A prompt as an agent has it on the screen. */
export interface BoardPrompt {
  readonly id: string
  readonly subscriber_id: string
  readonly call_id: string
  readonly agent: string | null
  readonly shown_at: number
  readonly phase: 'shown' | 'acknowledged' | 'withdrawn' | 'over'
  readonly content: NonNullable<PromptNews['content']>
}

/** Prompts of calls under way, and those who want to hear of them. */
export interface PromptBoard {
  take(news: PromptNews): void
  prompt(id: string): BoardPrompt | undefined
  /** On screens now: repairs come before recommendations, then what was shown first. */
  live(): readonly BoardPrompt[]
  /** Hears of each change, with the prompt as it then is; returns how to stop. */
  subscribe(listener: (news: PromptNews, prompt: BoardPrompt) => void): () => void
}

const phases: Readonly<Record<PromptNews['phase'], BoardPrompt['phase'] | undefined>> = {
  show: 'shown',
  update: undefined,
  acknowledged: 'acknowledged',
  withdraw: 'withdrawn',
  outcome: 'over',
}
/** After a call its prompts can be answered for so long. */
const keptMs = 3_600_000

export function createPromptBoard(now: () => number): PromptBoard {
  const prompts = new Map<string, BoardPrompt>()
  const listeners = new Set<(news: PromptNews, prompt: BoardPrompt) => void>()

  function after(known: BoardPrompt | undefined, news: PromptNews): BoardPrompt | undefined {
    const { command_id: id, subscriber_id, call_id, phase, agent = null, at, content = null } = news
    if (phase === 'show') {
      return known || !content
        ? undefined
        : { id, subscriber_id, call_id, agent, shown_at: at, phase: 'shown', content }
    }
    if (!known) return undefined
    return { ...known, phase: phases[phase] ?? known.phase, agent: phase === 'update' ? agent : known.agent }
  }

  function forget(): void {
    for (const [id, { content }] of prompts) if (content.ends_at + keptMs < now()) prompts.delete(id)
  }

  return {
    take(news) {
      forget()
      const prompt = after(prompts.get(news.command_id), news)
      if (!prompt) return
      prompts.set(prompt.id, prompt)
      for (const listener of listeners) listener(news, prompt)
    },
    prompt: (id) => prompts.get(id),
    live: () =>
      [...prompts.values()]
        .filter(({ phase, content }) => (phase === 'shown' || phase === 'acknowledged') && content.ends_at > now())
        .sort((a, b) => stepOf(a) - stepOf(b) || a.shown_at - b.shown_at || (a.id < b.id ? -1 : 1)),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Solve first, then recommend. */
const stepOf = ({ content }: BoardPrompt): number =>
  content.recommended.find(({ offer }) => offer === content.offer)?.step === 'repair' ? 0 : 1
