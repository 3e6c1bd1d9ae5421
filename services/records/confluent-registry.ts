import { setTimeout as pause } from 'node:timers/promises'
import { SchemaRegistry as Client, COMPATIBILITY, SchemaType } from '@kafkajs/confluent-schema-registry'
import { ExponentialBackoff, handleWhen, retry, TimeoutStrategy, timeout, wrap } from 'cockatiel'
import { CodedError, isCoded } from '../domain/errors.ts'
import type { SchemaRegistry } from './registry.ts'

/** Compatibility levels of a subject under which a new schema reads the older ones; the default first. */
const readingOlder = [
  COMPATIBILITY.BACKWARD,
  COMPATIBILITY.BACKWARD_TRANSITIVE,
  COMPATIBILITY.FULL,
  COMPATIBILITY.FULL_TRANSITIVE,
] as const

const attempts = 5
const attemptLimitMs = 5_000
/** Pauses before a refusal is believed: 100, 200, 400 ms. */
const firstAgainMs = 100
const longestAgainMs = 400

/**
 * A registry behind the Confluent API (Confluent, Redpanda, Apicurio's `/apis/ccompat/v7`, ...). Requests are tried five
 * times within about half a minute at most, then KM_REGISTRY_UNAVAILABLE.
 *
 * @param url base of the API, with `user:password@` where it wants that
 */
export function createConfluentRegistry(url: string): SchemaRegistry {
  const { host, auth } = access(url)
  // One place retries: the client's own would multiply with ours.
  const client = new Client({ host, retry: { retries: 0 }, ...(auth && { auth }) })
  const patiently = wrap(
    retry(handleWhen(isPassing), {
      maxAttempts: attempts - 1,
      backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 2_000 }),
    }),
    timeout(attemptLimitMs, TimeoutStrategy.Aggressive),
  )

  /** A subject that is set to a stricter level than ours must be named with it; the client tells only that it differs. */
  async function registerUnder(subject: string, schema: object): Promise<number> {
    let refusal: unknown
    for (const compatibility of readingOlder) {
      try {
        const registered = await client.register(confluentSchema(schema), { subject, compatibility })
        return registered.id
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ConfluentSchemaRegistryCompatibilityError') throw error
        refusal = error
      }
    }
    const message = `${subject}: the registry doesn't promise that new schemas read older ones; set it to BACKWARD`
    throw new CodedError('KM_SCHEMA_INCOMPATIBLE', message, { cause: refusal })
  }

  return {
    async register(subject, schema) {
      for (let wait = firstAgainMs; ; wait *= 2) {
        try {
          return await patiently.execute(() => registerUnder(subject, schema))
        } catch (error) {
          if (wait > longestAgainMs || !mayBeAnothersDoing(error)) throw coded(error, host, subject)
          await pause(wait)
        }
      }
    },
    async schema(id) {
      try {
        return plain(await patiently.execute(() => client.getSchema(id)))
      } catch (error) {
        if (status(error) === 404) return undefined
        throw coded(error, host, `schema ${id}`)
      }
    },
    async close() {
      // The client holds nothing between requests.
    },
  }
}

function access(url: string): { host: string; auth?: { username: string; password: string } } {
  const parsed = new URL(url)
  const { username, password } = parsed
  parsed.username = ''
  parsed.password = ''
  const host = parsed.href.replace(/\/$/, '')
  if (username === '') return { host }
  return { host, auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }
}

/** The client would lose the attributes of our own if it were given the schema itself. */
const confluentSchema = (schema: object) => ({ type: SchemaType.AVRO as const, schema: JSON.stringify(schema) })

/** The client gives an avsc type; other kinds than Avro are given as they are and found unreadable by whoever reads. */
function plain(schema: object): object {
  return 'schema' in schema && typeof schema.schema === 'function'
    ? (schema.schema({ exportAttrs: true }) as object)
    : schema
}

/**
 * A conflict, or a level that isn't ours: so it looks too while another process registers the subject at the same moment,
 * which sets its level only afterwards. If it is meant, it stays.
 */
const mayBeAnothersDoing = (error: unknown): boolean =>
  status(error) === 409 || isCoded(error, 'KM_SCHEMA_INCOMPATIBLE')

/** HTTP status of the registry's answer; undefined where there was none. */
function status(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined
}

/**
 * No answer, a timeout, too many requests, or an error of the server: it may pass. The client's HTTP library reports no
 * answer at all as status 400, which a registry itself has no reason to give to these requests.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof CodedError) return false
  const code = status(error)
  return code === undefined || code === 400 || code === 408 || code === 429 || code >= 500
}

function coded(error: unknown, host: string, what: string): CodedError {
  if (error instanceof CodedError) return error
  const code = status(error)
  const reason = error instanceof Error ? error.message : String(error)
  if (code === 409 || code === 422) {
    return new CodedError('KM_SCHEMA_INCOMPATIBLE', `${what}: the registry refuses the schema: ${reason}`, {
      cause: error,
    })
  }
  const message = `schema registry ${host}, ${what}: ${reason}; check that it runs and that the URL is its Confluent API`
  return new CodedError('KM_REGISTRY_UNAVAILABLE', message, { cause: error, canRetry: isPassing(error) })
}
