/** What an engine answers to a publication. */
export interface PublishedAnswer {
  readonly number: number
  readonly version: string
  /** Milliseconds since 1970; null: from the beginning of time. */
  readonly activates_at: number | null
  readonly unchanged: boolean
  readonly everywhere: boolean
  readonly missing: readonly { readonly worker: string; readonly services: readonly string[]; readonly code: string }[]
}

/** Says what became of a publication. @returns the exit code: 1 where not every process has it */
export function tellPublished({
  number,
  version,
  activates_at,
  unchanged,
  everywhere,
  missing,
}: PublishedAnswer): 0 | 1 {
  const when = activates_at === null ? 'the beginning of time' : new Date(activates_at).toISOString()
  process.stdout.write(
    unchanged
      ? `version ${number} has this content already; nothing was published\n`
      : `version ${number} (${version}) is published and in force from ${when}\n`,
  )
  for (const { worker, services, code } of missing) {
    const why = code === 'KM_CATALOGUE_NOT_HEARD' ? 'has not said that it has it' : `cannot use it: ${code}`
    process.stderr.write(`${worker} (${services.join(', ')}) ${why}\n`)
  }
  if (!everywhere) process.stderr.write(`KM_CATALOGUE_NOT_EVERYWHERE  ${missing.length} processes go on without it\n`)
  return everywhere ? 0 : 1
}
