import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { checkFiles } from './files.ts'
import { CatalogueInvalid, type PublishedVersion } from './history.ts'
import { type Content, impactOf } from './impact.ts'
import { jsonScope } from './json-scope.ts'
import type { CatalogueVersions } from './open.ts'
import { codeOf } from './reporting.ts'
import { bodyReader, checkBody, publishBody, rollbackBody } from './request-bodies.ts'
import { usesVersion, type Worker } from './workers.ts'

const base = '/v1/catalogue'
const waitMs = 15_000

/** What has a status of its own. */
const statusByCode: Readonly<Record<string, number>> = {
  KM_CATALOGUE_CONFLICT: 409,
  KM_CATALOGUE_UNKNOWN_VERSION: 404,
  KM_CATALOGUE_TOO_LARGE: 413,
  KM_CATALOGUE_NONE: 503,
}

const readCheck = bodyReader(checkBody)
const readPublish = bodyReader(publishBody)
const readRollback = bodyReader(rollbackBody)

/** The catalogue over HTTP: what is in force where, the versions, and the way of a new one to all processes. */
export function catalogueRoutes(http: FastifyInstance, opened: () => CatalogueVersions): void {
  jsonScope(http, statusByCode, (scope) => {
    scope.get(
      base,
      { schema: { summary: 'The version in force, the last one, and what each process has' } },
      async () => {
        const versions = opened()
        const { number } = versions.present()
        const { last } = versions.history
        return {
          ...(number > 0 ? viewOf(versions.history.get(number)) : { number }),
          last: last ? viewOf(last) : null,
          everywhere: versions.workers().every((worker) => usesVersion(worker, last?.number ?? 0) === true),
          workers: versions.workers().map((worker) => workerView(worker, worker.worker === versions.worker)),
        }
      },
    )
    scope.get(`${base}/versions`, { schema: { summary: 'All versions, the last one first' } }, async () => {
      const { history, schedule } = opened()
      const versions = history.versions.toReversed().map((version) => ({
        ...viewOf(version),
        refused: schedule.refused.has(version.number) ? codeOf(schedule.refused.get(version.number)) : null,
      }))
      return { versions }
    })
    scope.get<{ Params: { number: string } }>(
      `${base}/versions/:number`,
      { schema: { summary: 'A version with its files' } },
      async ({ params }) => {
        const version = opened().history.get(numberOf(params.number))
        return { ...viewOf(version), files: version.files() }
      },
    )
    scope.get<{ Params: { number: string; other: string } }>(
      `${base}/versions/:number/diff/:other`,
      { schema: { summary: 'What the second version changes against the first' } },
      async ({ params }) => {
        const { history, load } = opened()
        const content = (number: number): Content => {
          const files = history.get(number).files()
          const { catalogue, problems } = load(files)
          if (!catalogue) throw new CatalogueInvalid(`version ${number}`, problems)
          return { files, catalogue }
        }
        return impactOf(content(numberOf(params.number)), content(numberOf(params.other)))
      },
    )
    scope.post(
      `${base}/check`,
      {
        schema: {
          summary: 'Checks a catalogue as a whole and says what it would change; changes nothing',
          body: checkBody,
        },
      },
      async ({ body }) => {
        const { files, activates_at } = readCheck(body)
        return opened().publisher.check(checkFiles(files), activates_at)
      },
    )
    scope.post(
      `${base}/publish`,
      {
        schema: {
          summary: 'Publishes a catalogue as the next version and waits until every process has it',
          body: publishBody,
        },
      },
      async ({ body }) => {
        const { files, author, reason, source = 'http', expected, activates_at, wait_ms } = readPublish(body)
        const versions = opened()
        const request = { files: checkFiles(files), author, reason, source, expected }
        const { version, unchanged } = await versions.publisher.publish({
          ...request,
          ...(activates_at === undefined ? {} : { activatesAt: activates_at }),
        })
        return answer(versions, version, unchanged, wait_ms)
      },
    )
    scope.post(
      `${base}/rollback`,
      { schema: { summary: 'Publishes the content of an earlier version again', body: rollbackBody } },
      async ({ body }) => {
        const { to, author, reason, expected, wait_ms } = readRollback(body)
        const versions = opened()
        const { version, unchanged } = await versions.publisher.rollback({
          author,
          reason,
          ...(to === undefined ? {} : { to }),
          ...(expected === undefined ? {} : { expected }),
        })
        return answer(versions, version, unchanged, wait_ms)
      },
    )
  })
}

async function answer(
  versions: CatalogueVersions,
  version: PublishedVersion,
  unchanged: boolean,
  wait: number | undefined,
): Promise<object> {
  const missing = await versions.awaitEverywhere(version.number, wait ?? waitMs)
  return {
    ...viewOf(version),
    unchanged,
    everywhere: missing.length === 0,
    missing: missing.map((worker) => ({
      worker: worker.worker,
      services: worker.services,
      code: worker.refused[version.number] ?? 'KM_CATALOGUE_NOT_HEARD',
    })),
  }
}

function numberOf(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new CodedError('KM_CATALOGUE_UNKNOWN_VERSION', `'${text}' is no number of a version`)
}

const viewOf = ({ number, version, author, reason, source, publishedAt, activatesAt }: PublishedVersion): object => ({
  number,
  version,
  author,
  reason,
  source,
  published_at: publishedAt,
  // The first is in force from the beginning of time.
  activates_at: Number.isFinite(activatesAt) ? activatesAt : null,
})

const workerView = ({ worker, services, known, active, refused, heardAgoMs }: Worker, own: boolean): object => ({
  worker,
  services,
  known,
  active,
  refused,
  heard_ago_ms: heardAgoMs,
  this: own,
})
