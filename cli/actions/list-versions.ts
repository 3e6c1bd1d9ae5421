import type { VersionView } from '../../services/catalogue/views.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'
import { sinceWhen } from '../published-answer.ts'

export interface VersionsArguments {
  readonly url: string
  readonly limit: number
  /** Number of a version. */
  readonly before?: number
  readonly json?: boolean
}

type Version = VersionView & { readonly refused: string | null }

interface Answer {
  readonly versions: readonly Version[]
  readonly before: number | null
}

/** Prints versions that an engine knows, the last one first; the one in force has a star. */
export async function listVersions({ url, limit, before, json }: VersionsArguments): Promise<void> {
  const query = new URLSearchParams({ limit: String(limit), ...(before && { before: String(before) }) })
  const answer = await askEngine<Answer>(url, `/v1/catalogue/versions?${query}`)
  const { number: inForce } = await askEngine<{ readonly number: number }>(url, '/v1/catalogue')
  if (json) {
    process.stdout.write(`${JSON.stringify({ in_force: inForce, ...answer })}\n`)
    return
  }
  for (const line of columns(answer.versions.map(cells))) process.stdout.write(`${line}\n`)
  if (answer.before !== null) process.stderr.write(`older ones: --before ${answer.before}\n`)
}

function cells({ number, version, author, reason, source, refused, ...when }: Version): string[] {
  return [
    `${when.state === 'in-force' ? '*' : ' '} ${String(number).padStart(4)}`,
    version,
    `${sinceWhen(when)}${refused === null ? '' : `: ${refused}`}`,
    source,
    `${author}: ${reason}`,
  ]
}
