import { askEngine } from '../engine.ts'

interface Version {
  readonly number: number
  readonly version: string
  readonly author: string
  readonly reason: string
  readonly source: string
  readonly published_at: number
  readonly activates_at: number | null
  readonly refused: string | null
}

/** Prints the versions that an engine knows, the last one first; the one in force has a star. */
export async function listVersions({ url, json }: { readonly url: string; readonly json?: boolean }): Promise<void> {
  const { versions } = await askEngine<{ readonly versions: readonly Version[] }>(url, '/v1/catalogue/versions')
  const { number: inForce } = await askEngine<{ readonly number: number }>(url, '/v1/catalogue')
  if (json) {
    process.stdout.write(`${JSON.stringify({ in_force: inForce, versions })}\n`)
    return
  }
  for (const one of versions) {
    const from = one.activates_at === null ? 'the beginning' : new Date(one.activates_at).toISOString()
    const marks = [one.number === inForce ? '*' : ' ', String(one.number).padStart(4)].join('')
    const refused = one.refused === null ? '' : `  ${one.refused}`
    process.stdout.write(
      `${marks}  ${one.version}  from ${from.padEnd(24)}  ${one.source.padEnd(8)}  ${one.author}: ${one.reason}${refused}\n`,
    )
  }
}
