import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Fields that would carry an address or a subscriber's words; whatever logs them by mistake logs their absence. */
const redacted = ['address', 'addresses', 'msisdn', 'destination', 'text', 'password', 'secret', 'token']

/**
 * A logger of JSON lines on stderr (stdout is for machine output). Subscribers appear by pseudonym in `subscriber_id`,
 * their addresses never: fields that could hold one are redacted, and digits that look like a telephone number are
 * masked in every message.
 */
export function createLogger(level: string, destination: { write(line: string): void } = process.stderr): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
      serializers: { err: (error: unknown) => describe(error) },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((part) => (typeof part === 'string' ? maskNumbers(part) : part)) as typeof args)
        },
      },
    },
    destination,
  )
}

/** Replaces all but the last two digits of what looks like an E.164 number (a plus sign and 7 to 15 digits). */
export const maskNumbers = (text: string): string =>
  text.replace(/\+\d{5,13}(?=\d{2}(?!\d))/g, (digits) => `+${'*'.repeat(digits.length - 1)}`)

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { message: maskNumbers(String(error)) }
  const code = 'code' in error ? { code: error.code } : {}
  return { ...code, message: maskNumbers(error.message), stack: maskNumbers(error.stack ?? '') }
}
