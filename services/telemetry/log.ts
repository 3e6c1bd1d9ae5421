import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Fields that would carry an address or a subscriber's words; whatever logs them by mistake logs their absence. */
const redacted = ['address', 'addresses', 'msisdn', 'destination', 'text', 'password', 'secret', 'token']

/** Below it, what is logged is cut: a log line isn't the place for more. */
const depthMax = 4

/**
 * A logger of JSON lines on stderr (stdout is for machine output). Subscribers appear by pseudonym in `subscriber_id`,
 * their addresses never: fields that could hold one are redacted, and digits that look like a telephone number are
 * masked in every message and field, as are passwords in URLs.
 */
export function createLogger(level: string, destination: { write(line: string): void } = process.stderr): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => masked(fields, depthMax) as typeof fields },
      redact: { paths: redacted.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
      serializers: { err: (error: unknown) => describe(error) },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args as unknown[]
          // Of an error alone pino would take the message as it is.
          const parts = first instanceof Error && rest.length === 0 ? [{ err: first }, first.message] : args
          method.apply(this, parts.map((part) => (typeof part === 'string' ? maskSecrets(part) : part)) as typeof args)
        },
      },
    },
    destination,
  )
}

/** A plus sign and digits that may be grouped, or 8 to 15 digits which are no part of a word, a fraction or a time. */
const telephoneNumber = /\+\d(?:[ ()-]{0,2}\d){6,14}|(?<![\w.:])\d{8,15}(?!\w)/g

/** Of a URL; it may have colons in it. */
const password = /(:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g

/** Replaces all but the last two digits of what looks like a telephone number, and the passwords of URLs. */
const maskSecrets = (text: string): string =>
  text
    .replace(password, '$1[redacted]')
    .replace(telephoneNumber, (digits) => `${'*'.repeat(digits.length - 2)}${digits.slice(-2)}`)

function masked(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskSecrets(value)
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth === 0) return '[cut]'
  if (Array.isArray(value)) return value.map((item) => masked(item, depth - 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, name === 'subscriber_id' ? held : masked(held, depth - 1)]),
  )
}

function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? { message: error } : error
  const code = 'code' in error ? { code: error.code } : {}
  return { ...code, message: maskSecrets(error.message), stack: maskSecrets(error.stack ?? '') }
}
