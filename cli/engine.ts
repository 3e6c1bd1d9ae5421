import { CodedError } from '../services/domain/errors.ts'

/** Where an engine of this machine listens unless told otherwise. */
export const defaultUrl = `http://127.0.0.1:${process.env.KEYMOMENT_HTTP_PORT ?? 8080}`

/** What an engine refused, with everything that is wrong. */
export class EngineRefusal extends CodedError {
  readonly problems: readonly EngineProblem[]

  constructor(code: string, message: string, problems: readonly EngineProblem[]) {
    super(code, message)
    this.problems = problems
  }
}

export interface EngineProblem {
  readonly code: string
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

interface Refused {
  readonly code?: string
  readonly message?: string
  readonly problems?: readonly EngineProblem[]
}

/**
 * Asks a running engine, and gives the JSON of its answer.
 * @throws EngineRefusal with the engine's own code; CodedError KM_USAGE, KM_ENGINE_UNREACHABLE
 */
export async function askEngine<Answer>(url: string, path: string, body?: object): Promise<Answer> {
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new CodedError('KM_USAGE', `--url '${url}' is not the URL of an engine, such as http://127.0.0.1:8080`)
  }
  const target = new URL(path, url)
  const sent = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(target, sent ?? {}).catch((cause: unknown) => {
    const message = `no engine answers at ${target.origin}; start it, or name it by --url`
    throw new CodedError('KM_ENGINE_UNREACHABLE', message, { cause })
  })
  // Whoever else answers at the URL may not speak JSON.
  const answer = (await response.json().catch(() => null)) as (Answer & Refused) | null
  if (response.ok && answer !== null) return answer
  const { code, message, problems = [] } = answer ?? {}
  const said = message ?? `${target.href} answers with status ${response.status} ${response.statusText}`
  throw new EngineRefusal(code ?? 'KM_ENGINE_REFUSED', said, problems)
}
