import type { LetterList, LetterShown } from '../../services/dead-letters/service.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'

/** Which letters are meant. */
export interface Narrowed {
  readonly code?: string
  readonly topic?: string
  readonly service?: string
  readonly subscriber?: string
  readonly since?: string
  readonly until?: string
}

export interface ListArguments extends Narrowed {
  readonly url: string
  readonly state: string
  readonly limit: number
  readonly before?: string
  readonly json?: boolean
}

export interface ShowArguments {
  readonly url: string
  readonly json?: boolean
}

/** Prints a page of letters. @throws EngineRefusal; CodedError as `askEngine` */
export async function listDeadLetters({ url, json, limit, ...asked }: ListArguments): Promise<void> {
  const query = new URLSearchParams({ ...asked, limit: String(limit) })
  const answer = await askEngine<LetterList>(url, `/v1/dead-letters?${query}`)
  if (json) {
    process.stdout.write(`${JSON.stringify(answer)}\n`)
    return
  }
  const { letters, before, matching, open_by_code } = answer
  if (letters.length > 0) {
    const rows = letters.map((letter) => [
      letter.failed_at,
      letter.state,
      letter.code,
      letter.service,
      letter.topic,
      letter.subscriber_id,
      String(letter.attempt),
      letter.dead_letter_id,
    ])
    const head = ['failed', 'state', 'code', 'service', 'topic', 'subscriber', 'attempt', 'id']
    for (const line of columns([head, ...rows])) process.stdout.write(`${line}\n`)
  }
  const codes = Object.entries(open_by_code).map(([code, count]) => `${count} ${code}`)
  process.stderr.write(`${letters.length} of ${matching}; open: ${codes.join(', ') || 'none'}\n`)
  if (before !== null) process.stderr.write(`older ones: --before ${before}\n`)
}

/** Prints one letter. @throws EngineRefusal; CodedError as `askEngine` */
export async function showDeadLetter(id: string, { url, json }: ShowArguments): Promise<void> {
  const answer = await askEngine<LetterShown>(url, `/v1/dead-letters/${encodeURIComponent(id)}`)
  process.stdout.write(`${JSON.stringify(answer, undefined, json ? 0 : 2)}\n`)
}
