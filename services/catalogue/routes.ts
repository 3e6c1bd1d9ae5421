import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { type CatalogueFile, checkFiles } from './files.ts'
import { CatalogueInvalid, type PublishedVersion } from './history.ts'
import { jsonScope } from './json-scope.ts'
import type { CatalogueVersions } from './open.ts'
import { codeOf } from './reporting.ts'
import { bodyReader, checkBody, publishBody, rollbackBody, rollbackCheckBody } from './request-bodies.ts'
import { pageOf, pageQuery } from './version-pages.ts'
import { versionStates } from './version-state.ts'
import { missingView, type PublishedView, versionView, workerView } from './views.ts'
import { usesVersion } from './workers.ts'

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
const readRollbackCheck = bodyReader(rollbackCheckBody)
const readRollback = bodyReader(rollbackBody)

/** The catalogue over HTTP: what is in force where, the versions, and the way of a new one to all processes. */
export function catalogueRoutes(http: FastifyInstance, opened: () => CatalogueVersions): void {
  jsonScope(http, statusByCode, (scope) => {
    scope.get(
      base,
      {
        schema: {
          summary: 'The version in force, the last one, what each process has, and how it stands with the folder',
        },
      },
      async () => {
        const versions = opened()
        const { number } = versions.present()
        const { last } = versions.history
        const states = versionStates(versions)
        return {
          ...(number > 0 ? versionView(versions.history.get(number), states) : { number }),
          last: last ? versionView(last, states) : null,
          everywhere: versions.workers().every((worker) => usesVersion(worker, last?.number ?? 0) === true),
          workers: versions.workers().map((worker) => workerView(worker, versions.worker)),
          folder: versions.folder() ?? null,
        }
      },
    )
    scope.get<{ Querystring: Readonly<Record<string, unknown>> }>(
      `${base}/versions`,
      { schema: { summary: 'The versions, the last one first', querystring: pageQuery } },
      async ({ query }) => {
        const versions = opened()
        const states = versionStates(versions)
        const { page, before } = pageOf(versions.history.versions, query)
        const { refused } = versions.schedule
        return {
          versions: page.map((version) => ({
            ...versionView(version, states),
            refused: refused.has(version.number) ? codeOf(refused.get(version.number)) : null,
          })),
          before,
        }
      },
    )
    scope.get<{ Params: { number: string } }>(
      `${base}/versions/:number`,
      { schema: { summary: 'A version with its files' } },
      async ({ params }) => {
        const versions = opened()
        const version = versions.history.get(numberOf(params.number))
        return { ...versionView(version, versionStates(versions)), files: version.files() }
      },
    )
    scope.get<{ Params: { number: string; other: string } }>(
      `${base}/versions/:number/diff/:other`,
      { schema: { summary: 'What the second version changes against the first' } },
      async ({ params }) => {
        const { history, checks } = opened()
        const content = async (number: number): Promise<readonly CatalogueFile[]> => {
          const files = history.get(number).files()
          const { problems } = await checks.load(files)
          if (problems) throw new CatalogueInvalid(`version ${number}`, problems)
          return files
        }
        return checks.impact(await content(numberOf(params.number)), await content(numberOf(params.other)))
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
      `${base}/rollback/check`,
      { schema: { summary: 'Says what a rollback would change; changes nothing', body: rollbackCheckBody } },
      async ({ body }) => opened().publisher.checkRollback(readRollbackCheck(body).to),
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
): Promise<PublishedView> {
  const missing = await versions.awaitEverywhere(version.number, wait ?? waitMs)
  return {
    ...versionView(version, versionStates(versions)),
    unchanged,
    everywhere: missing.length === 0,
    missing: missing.map((worker) => missingView(worker, version.number)),
  }
}

function numberOf(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new CodedError('KM_CATALOGUE_UNKNOWN_VERSION', `'${text}' is no number of a version`)
}
