import type { PublishedView, VersionView } from '../services/catalogue/views.ts'

/** What an engine answers to a publication. */
export type PublishedAnswer = PublishedView

/** Says what became of a publication. @returns the exit code: 1 where not every process has it */
export function tellPublished({ number, version, unchanged, everywhere, missing, ...when }: PublishedAnswer): 0 | 1 {
  process.stdout.write(
    unchanged
      ? `version ${number} has this content already, ${sinceWhen(when)}; nothing was published\n`
      : `version ${number} (${version}) is published, ${sinceWhen(when)}\n`,
  )
  for (const { worker, services, code } of missing) {
    const why = code === 'KM_CATALOGUE_NOT_HEARD' ? 'has not said that it has it' : `cannot use it: ${code}`
    process.stderr.write(`${worker} (${services.join(', ')}) ${why}\n`)
  }
  if (!everywhere) {
    const processes = missing.length === 1 ? '1 process goes' : `${missing.length} processes go`
    const todo = 'its log says why; look again by: keymoment catalogue versions, GET /v1/catalogue'
    process.stderr.write(`KM_CATALOGUE_NOT_EVERYWHERE  ${processes} on without it; ${todo}\n`)
  }
  return everywhere ? 0 : 1
}

/** `in force since TIME`, `will be in force from TIME` and so on. */
export function sinceWhen({ state, activates_at }: Pick<VersionView, 'state' | 'activates_at'>): string {
  const time = activates_at === null ? 'the beginning' : new Date(activates_at).toISOString()
  switch (state) {
    case 'in-force':
      return `in force since ${time}`
    case 'waiting':
      return `will be in force from ${time}`
    case 'past':
      return `was in force from ${time}`
    case 'superseded':
      return `never in force: meant for ${time}, a later one came before`
    case 'refused':
      return `cannot be used`
  }
}
