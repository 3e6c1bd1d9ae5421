import { CodedError } from '../domain/errors.ts'
import type { CatalogueVersion } from '../records/types.ts'
import type { Activation } from '../rules/activation.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { type LoadedCatalogue, loadCatalogue } from '../rules/load.ts'
import type { Problem } from '../rules/problem.ts'
import { activationAfter, fromTheBeginning } from './activation.ts'
import type { CatalogueChecks } from './checks.ts'
import { type CatalogueFile, unpackFiles } from './files.ts'
import { orNone, type Schedule, type Scheduled } from './schedule.ts'
import { typeChanges } from './type-changes.ts'

/** A version that was published, as it stands on the log. */
export interface PublishedVersion {
  readonly number: number
  readonly publicationId: string
  /** Hash of the content. */
  readonly version: string
  readonly publishedAt: number
  /** Milliseconds since 1970; -Infinity: from the beginning of time. */
  readonly activatesAt: number
  readonly author: string
  readonly reason: string
  readonly source: CatalogueVersion['source']
  /** @throws CodedError KM_CATALOGUE_FILES */
  files(): readonly CatalogueFile[]
}

/** Wrong content, with everything that is wrong. */
export class CatalogueInvalid extends CodedError {
  readonly problems: readonly Problem[]

  constructor(what: string, problems: readonly Problem[]) {
    const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`
    super('KM_CATALOGUE_INVALID', `${what} has ${count}\n${problems.map(String).join('\n')}`)
    this.problems = problems
  }
}

/** All versions in the order of the log. The record's place there decides: the first of a number has it. */
export interface History {
  readonly versions: readonly PublishedVersion[]
  readonly last: PublishedVersion | undefined
  /** @throws CodedError KM_CATALOGUE_UNKNOWN_VERSION */
  get(number: number): PublishedVersion
  /**
   * Takes the next record of the log. `appendedAt`: when the log took it; it is active no sooner, so that what was
   * decided before stands in every replay. -Infinity where the log's time isn't the engine's: then the
   * time of publication counts.
   * @throws CodedError KM_CATALOGUE_CONFLICT (the number is another's), KM_CATALOGUE_NUMBER (not the next)
   */
  accept(record: CatalogueVersion, appendedAt: number): PublishedVersion
  /** Has a version's content loaded, so that nobody waits for it when it comes into force. @throws CodedError it can't be used here */
  ready(number: number): Promise<void>
}

/** Activation of a record that names no time, after the log took it. */
const soonMs = 5_000

export function createHistory(schedule: Schedule, load: LoadFiles): History {
  const versions: PublishedVersion[] = []
  const loading: (() => Promise<void>)[] = []
  const contents = createContents()
  return {
    versions,
    get last() {
      return versions.at(-1)
    },
    get(number) {
      const version = versions[number - 1]
      if (version) return version
      const known = versions.length === 0 ? 'there is none yet' : `there are 1 to ${versions.length}`
      throw new CodedError('KM_CATALOGUE_UNKNOWN_VERSION', `no version ${number} of the catalogue; ${known}`)
    },
    accept(record, appendedAt) {
      const next = versions.length + 1
      if (record.number !== 0 && record.number < next) {
        throw new CodedError('KM_CATALOGUE_CONFLICT', `version ${record.number} is another publication`)
      }
      if (record.number > next) {
        throw new CodedError('KM_CATALOGUE_NUMBER', `version ${record.number} cannot come; the next is ${next}, or 0`)
      }
      const version = publishedVersion(record, next, appendedAt)
      versions.push(version)
      const entry = scheduled(version, record, schedule, load, contents)
      loading.push(entry.ready)
      schedule.add(entry)
      return version
    },
    ready: async (number) => loading[number - 1]?.(),
  }
}

/** Checks files as a whole, elsewhere than on the event loop. */
type LoadFiles = CatalogueChecks['load']

function publishedVersion(record: CatalogueVersion, number: number, appendedAt: number): PublishedVersion {
  const { publication_id, version, published_at, activates_at, author, reason, source } = record
  const taken = Number.isFinite(appendedAt) ? appendedAt : published_at
  const asked = activates_at === 0 ? taken + soonMs : activates_at
  const packed = Buffer.from(record.files)
  return {
    number,
    publicationId: publication_id,
    version,
    publishedAt: published_at,
    activatesAt: number === 1 ? Number.NEGATIVE_INFINITY : Math.max(asked, taken),
    author,
    reason,
    source,
    files: () => unpackFiles(packed),
  }
}

/** Contents of the versions that were used of late, by number. Those of others are loaded anew. */
interface Contents {
  get(number: number): Catalogue | undefined
  set(number: number, catalogue: Catalogue): void
}

/** What is in force, what comes next, and where shards are that read old events. */
const contentsMost = 8

function createContents(): Contents {
  const known = new Map<number, Catalogue>()
  const set = (number: number, catalogue: Catalogue) => {
    known.delete(number)
    known.set(number, catalogue)
    const [oldest] = known.keys()
    if (known.size > contentsMost && oldest !== undefined) known.delete(oldest)
  }
  return {
    set,
    get(number) {
      const catalogue = known.get(number)
      if (catalogue) set(number, catalogue)
      return catalogue
    },
  }
}

interface Loading extends Scheduled {
  ready(): Promise<void>
}

function scheduled(
  { number, activatesAt, source, files }: PublishedVersion,
  { rules_since, changed_since }: CatalogueVersion,
  schedule: Schedule,
  load: LoadFiles,
  contents: Contents,
): Loading {
  let activation: Activation | undefined = number === 1 ? fromTheBeginning : undefined
  const take = ({ catalogue, problems }: LoadedCatalogue): Catalogue => {
    if (!catalogue) throw new CatalogueInvalid(`version ${number}`, problems)
    // Who says since when rules are in force has compared it with the version before. Else each would load all before it.
    const isCompared = source === 'rollback' || (rules_since != null && changed_since != null)
    const before = isCompared ? undefined : orNone(() => schedule.before(number, activatesAt))
    const changes = before ? typeChanges(before.catalogue, catalogue).map((change) => change.problem) : []
    if (changes.length > 0) throw new CatalogueInvalid(`version ${number}`, changes)
    contents.set(number, catalogue)
    return catalogue
  }
  const content = (): Catalogue => contents.get(number) ?? take(loadCatalogue(files()))
  /** What the record says of its rules; what it doesn't say follows from the version before it. */
  const since = (): Activation => {
    activation ??=
      rules_since && changed_since
        ? { activatedAt: activatesAt, rulesSince: rules_since, changedSince: changed_since }
        : activationAfter(schedule.before(number, activatesAt), content(), activatesAt)
    return activation
  }
  return {
    number,
    activatedAt: activatesAt,
    get rulesSince() {
      return since().rulesSince
    },
    get changedSince() {
      return since().changedSince
    },
    catalogue: content,
    async ready() {
      if (!contents.get(number)) take(await load(files()))
    },
  }
}
