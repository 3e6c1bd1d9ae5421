import type { Answer } from '../../services/explain/answer.ts'
import { answerText } from '../../services/explain/answer-text.ts'
import { askEngine } from '../engine.ts'

export interface ExplainArguments {
  readonly url: string
  readonly at?: string
  readonly rule?: string
  readonly from?: string
  readonly language?: string
  readonly all?: boolean
  readonly json?: boolean
}

/** Prints what an engine says of a subscriber, the verdict first. @throws EngineRefusal; CodedError as `askEngine` */
export async function explain(subscriber: string, { url, json, all, ...asked }: ExplainArguments): Promise<void> {
  const query = new URLSearchParams({ ...asked, ...(all && { all: 'true' }) })
  const answer = await askEngine<Answer>(url, `/v1/subscribers/${encodeURIComponent(subscriber)}/explain?${query}`)
  process.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${answerText(answer)}\n`)
}
