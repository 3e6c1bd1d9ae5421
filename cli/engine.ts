import { CodedError } from '../services/domain/errors.ts'

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
 * @throws EngineRefusal with the engine's own code; CodedError KM_USAGE, KM_ENGINE_UNREACHABLE, KM_ENGINE_STRANGE
 */
export async function askEngine<Answer>(url: string, path: string, body?: object): Promise<Answer> {
  const target = engineUrl(url, path)
  const sent = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(target, sent ?? {}).catch((cause: unknown) => {
    throw new CodedError('KM_ENGINE_UNREACHABLE', `${nobodyAt(target, cause)}`, { cause })
  })
  // Whoever else answers at the URL may not speak JSON.
  const answer = (await response.json().catch(() => null)) as (Answer & Refused) | null
  if (response.ok && answer !== null) return answer
  const { code, message, problems = [] } = answer ?? {}
  if (code !== undefined && message !== undefined) throw new EngineRefusal(code, message, problems)
  const type = response.headers.get('content-type') ?? 'no content-type'
  const said = `status ${response.status} and ${type}`
  throw new CodedError(
    'KM_ENGINE_STRANGE',
    `${target.href} answers with ${said}, as no engine of Keymoment does; look at --url or KEYMOMENT_URL`,
  )
}

/** Of a path at an engine, which may lie below a path of its own behind a proxy. @throws CodedError KM_USAGE */
export function engineUrl(url: string, path: string): URL {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return new URL(url.replace(/\/+$/, '') + path)
  const message = `'${url}' is not the URL of an engine, such as http://127.0.0.1:8080; name it by --url or KEYMOMENT_URL`
  throw new CodedError('KM_USAGE', message)
}

/** Why nothing was heard of an engine, and what to do. */
export function nobodyAt({ origin }: URL, cause: unknown): string {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const { code, message } = reason as { readonly code?: string; readonly message?: string }
  return `no engine answers at ${origin} (${code ?? message}); start it, or name it by --url or KEYMOMENT_URL`
}
