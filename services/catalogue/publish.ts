import { randomUUID } from 'node:crypto'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { EventLog } from '../flow/event-log.ts'
import { shardOf } from '../flow/partition.ts'
import type { Codec } from '../records/codec.ts'
import type { CatalogueVersion } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { SourceFile } from '../rules/source.ts'
import { topics } from '../topology.ts'
import { activationAfter, fromTheBeginning } from './activation.ts'
import type { CatalogueChecks } from './checks.ts'
import { type CatalogueFile, isSameContent, packFiles } from './files.ts'
import { CatalogueInvalid, type History, type PublishedVersion } from './history.ts'
import type { Impact } from './impact.ts'
import { orNone, type Schedule } from './schedule.ts'
import { type Tail, versionsShard } from './tail.ts'
import { typeChanges } from './type-changes.ts'

export interface PublishRequest {
  readonly files: readonly SourceFile[]
  readonly author: string
  readonly reason: string
  readonly source: CatalogueVersion['source']
  /** Number of the version that the publisher knows as the last one. */
  readonly expected?: number
  /** Milliseconds since 1970; default: as soon as every process will have heard of it. */
  readonly activatesAt?: number
}

export interface RollbackRequest {
  /** Number of a version; default: what was in force before the last one, or before what a rollback restored. */
  readonly to?: number
  readonly author: string
  readonly reason: string
  readonly expected?: number
}

export interface Published {
  readonly version: PublishedVersion
  /** The last version has this content already: nothing was published. */
  readonly unchanged: boolean
}

export interface Checked {
  readonly version: string
  /** Number of the last version, which `expected` of a publication is compared with; 0: there is none. */
  readonly last: number
  /** The last version has this content. */
  readonly unchanged: boolean
  /** Against what it would take the place of; null: there is nothing. */
  readonly impact: Impact | null
  /** Numbers of versions that wait for their time, which would never come. */
  readonly supersedes: readonly number[]
}

export interface RollbackChecked extends Checked {
  /** Number of the version whose content would come back. */
  readonly to: number
}

export interface Publisher {
  /** @throws CodedError as `publish` */
  check(files: readonly SourceFile[], activatesAt?: number): Promise<Checked>
  /** What a rollback would change, to a version or, without a number, to what `rollback` takes. @throws as `rollback` */
  checkRollback(to?: number): Promise<RollbackChecked>
  /**
   * Checks the files as a whole and puts them on the log as the next version. One at a time; the log's order decides
   * among processes.
   * @throws CatalogueInvalid
   * @throws CodedError KM_CATALOGUE_CONFLICT (somebody else published meanwhile), KM_CATALOGUE_TOO_LARGE,
   *   KM_CATALOGUE_TIME, KM_CATALOGUE_CHECK, KM_LOG_UNAVAILABLE
   */
  publish(request: PublishRequest): Promise<Published>
  /**
   * Publishes an earlier version's content again, by the same path.
   * @throws CodedError KM_CATALOGUE_UNKNOWN_VERSION, and as `publish`
   */
  rollback(request: RollbackRequest): Promise<Published>
}

export interface PublisherParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly history: History
  readonly schedule: Schedule
  readonly tail: Pick<Tail, 'reached'>
  readonly checks: CatalogueChecks
  /** Has loaded what is in force at a clock, of the versions below a number; which one that is. Undefined: there is none. */
  readonly readyAt: (clock: number, below?: number) => Promise<number | undefined>
  /** The engine's time. */
  readonly now: () => number
  /** The earliest time at which a version that is published now may become active. */
  readonly earliest: () => number
}

/** A record must fit into Kafka's default limit of 1 MiB with room to spare. */
const recordBytesMax = 900_000
const readBackMs = 30_000
const triesMost = 10

export function createPublisher(parts: PublisherParts): Publisher {
  const { log, codec, history, schedule, tail, checks, readyAt, now, earliest } = parts
  let turn: Promise<unknown> = Promise.resolve()

  async function loaded(
    files: readonly SourceFile[],
  ): Promise<{ readonly catalogue: Catalogue; readonly texts: CatalogueFile[] }> {
    const { catalogue, problems } = await checks.load(files)
    if (!catalogue) throw new CatalogueInvalid('the catalogue', problems)
    // What isn't text has been refused.
    return { catalogue, texts: files.map((file) => ({ ...file, text: String(file.text) })) }
  }

  const isLast = (files: readonly CatalogueFile[]): boolean => hasContent(history.last, files)

  async function publish(request: PublishRequest): Promise<Published> {
    const { catalogue, texts } = await loaded(request.files)
    const [ends = []] = await log.ends([topics.catalogue.name])
    await tail.reached(ends[versionsShard] ?? 0, readBackMs)
    const { last } = history
    if (request.expected !== undefined && request.expected !== (last?.number ?? 0)) throw conflict(last)
    // What a folder holds is published anew after others' versions: the folder's own last version says what it held.
    const isRepeat = request.source !== 'folder' || last?.source === 'folder'
    if (last && isRepeat && isLast(texts)) return { version: last, unchanged: true }
    const number = (last?.number ?? 0) + 1
    const activatesAt = timeOf(request, number)
    await readyAt(activatesAt, number)
    const before = orNone(() => schedule.before(number, activatesAt))
    if (request.source !== 'rollback') refuseTypeChanges(before?.catalogue, catalogue)
    const { rulesSince, changedSince } = before ? activationAfter(before, catalogue, activatesAt) : fromTheBeginning
    const record: CatalogueVersion = {
      publication_id: randomUUID(),
      subscriber_id: 'catalogue',
      published_at: Math.max(0, now()),
      number,
      version: catalogue.version,
      activates_at: activatesAt,
      author: request.author,
      reason: request.reason,
      source: request.source,
      files: await packFiles(texts),
      rules_since: rulesSince,
      changed_since: changedSince,
    }
    const value = codec.encode(topics.catalogue, record)
    if (value.length > recordBytesMax) throw tooLarge(value.length)
    const [appended] = await log.append([{ topic: topics.catalogue.name, key: keyOf(number, log.shards), value }])
    await tail.reached(appended?.end ?? 0, readBackMs)
    const version = history.versions.find(({ publicationId }) => publicationId === record.publication_id)
    if (!version) throw conflict(history.last)
    await readyAt(activatesAt, number + 1)
    return { version, unchanged: false }
  }

  /** Who doesn't say which version is known doesn't mind that another one came first. */
  async function publishAnew(request: PublishRequest): Promise<Published> {
    for (let tries = 1; ; tries++) {
      try {
        return await publish(request)
      } catch (error) {
        const isRace = isCoded(error, 'KM_CATALOGUE_CONFLICT') && request.expected === undefined
        if (!isRace || tries === triesMost) throw error
      }
    }
  }

  function timeOf({ activatesAt }: PublishRequest, number: number): number {
    if (number === 1) return 0
    const least = Math.ceil(earliest())
    if (activatesAt === undefined || activatesAt >= least) return activatesAt ?? least
    throw new CodedError(
      'KM_CATALOGUE_TIME',
      `a version can become active at ${new Date(least).toISOString()} at the earliest: every process must know it by then`,
    )
  }

  async function check(files: readonly SourceFile[], at: number, isRollback: boolean): Promise<Checked> {
    const { catalogue, texts } = await loaded(files)
    await readyAt(at)
    const { last } = history
    const waiting = history.versions.filter((version) => version.activatesAt > at)
    const head = { version: catalogue.version, last: last?.number ?? 0, unchanged: isLast(texts) }
    const present = orNone(() => schedule.at(at))
    if (!last || !present) return { ...head, impact: null, supersedes: [] }
    if (!isRollback) refuseTypeChanges(present.catalogue, catalogue)
    const impact = await checks.impact(history.get(present.number).files(), texts)
    return { ...head, impact, supersedes: waiting.map(({ number }) => number) }
  }

  return {
    check: (files, activatesAt) => check(files, activatesAt ?? earliest(), false),
    async checkRollback(asked) {
      const to = asked ?? (await beforeLast())
      return { to, ...(await check(history.get(to).files(), earliest(), true)) }
    },
    publish: (request) => inTurn(() => publishAnew(request)),
    rollback: ({ to, ...request }) =>
      inTurn(async () => {
        const { files } = history.get(to ?? (await beforeLast()))
        return publishAnew({ ...request, files: files(), source: 'rollback' })
      }),
  }

  /** What was in force before the content of the last version came first. */
  async function beforeLast(): Promise<number> {
    const number = (await readyAt(now(), originOf(history.versions.length, history))) ?? 0
    if (number > 0) return number
    throw new CodedError('KM_CATALOGUE_UNKNOWN_VERSION', 'there is no version before the last one that could come back')
  }

  /** One publication of this process after the other. */
  function inTurn(action: () => Promise<Published>): Promise<Published> {
    const mine = turn.then(action)
    turn = mine.catch(() => undefined)
    return mine
  }
}

/**
 * The version whose content a rollback brought back; of other versions itself. One rollback after the other so goes further back
 * each time, and never to what the one before it was against.
 */
function originOf(number: number, { versions }: Pick<History, 'versions'>): number {
  const version = versions[number - 1]
  if (version?.source !== 'rollback') return number
  const earlier = versions.slice(0, number - 1).findLast((other) => other.version === version.version)
  return earlier ? originOf(earlier.number, { versions }) : number
}

function refuseTypeChanges(before: Catalogue | undefined, after: Catalogue): void {
  const problems = before ? typeChanges(before, after).map(({ problem }) => problem) : []
  if (problems.length > 0) throw new CatalogueInvalid('the catalogue', problems)
}

/** Whether a version was published with these files; of one whose files can't be read: no. */
export function hasContent(version: PublishedVersion | undefined, files: readonly SourceFile[]): boolean {
  try {
    return version !== undefined && isSameContent(version.files(), files)
  } catch {
    return false
  }
}

/** A key of its own, so that compaction keeps every version, which belongs to the shard of versions. */
function keyOf(number: number, shards: number): string {
  for (;;) {
    const key = `${number}-${randomUUID()}`
    if (shardOf(key, shards) === versionsShard) return key
  }
}

function conflict(last: PublishedVersion | undefined): CodedError {
  const who = last ? `version ${last.number} is ${last.author}'s: '${last.reason}'` : 'there is no version yet'
  return new CodedError(
    'KM_CATALOGUE_CONFLICT',
    `somebody else published meanwhile (${who}); look at it, and publish anew`,
  )
}

const tooLarge = (bytes: number): CodedError =>
  new CodedError(
    'KM_CATALOGUE_TOO_LARGE',
    `the catalogue takes ${bytes} bytes when it is compressed, and ${recordBytesMax} fit into a record; leave out what is not used`,
  )
