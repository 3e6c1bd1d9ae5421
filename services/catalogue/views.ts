import type { PublishedVersion } from './history.ts'
import type { VersionState } from './version-state.ts'
import type { Worker } from './workers.ts'

/** A version as clients are told of it. Times in milliseconds since 1970. */
export interface VersionView {
  readonly number: number
  /** Hash of the content. */
  readonly version: string
  readonly author: string
  readonly reason: string
  readonly source: PublishedVersion['source']
  readonly published_at: number
  /** null: from the beginning of time, as the first one is. */
  readonly activates_at: number | null
  /** What it is at the engine's time. */
  readonly state: VersionState
}

export function versionView(version: PublishedVersion, states: ReadonlyMap<number, VersionState>): VersionView {
  const { number, version: hash, author, reason, source, publishedAt, activatesAt } = version
  return {
    number,
    version: hash,
    author,
    reason,
    source,
    published_at: publishedAt,
    activates_at: Number.isFinite(activatesAt) ? activatesAt : null,
    state: states.get(number) ?? 'past',
  }
}

export const workerView = ({ worker, services, known, active, refused, heardAgoMs }: Worker, own: string): object => ({
  worker,
  services,
  known,
  active,
  refused,
  heard_ago_ms: heardAgoMs,
  this: worker === own,
})

/** What became of a publication. */
export interface PublishedView extends VersionView {
  /** The last version has this content already: nothing was published. */
  readonly unchanged: boolean
  readonly everywhere: boolean
  readonly missing: readonly MissingWorker[]
}

/** A process that can't use a version, or hasn't said that it can. */
interface MissingWorker {
  readonly worker: string
  readonly services: readonly string[]
  readonly code: string
}

export const missingView = ({ worker, services, refused }: Worker, number: number): MissingWorker => ({
  worker,
  services,
  code: refused[number] ?? 'KM_CATALOGUE_NOT_HEARD',
})
