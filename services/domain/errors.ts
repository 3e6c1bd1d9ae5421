/** Where a fault is, as far as it has a place: a file with line and column (1-based), or a position in a topic. */
export interface Location {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/**
 * An error with a stable code. `message` says what is wrong and, where possible, what to do; `canRetry` says that the
 * same call may succeed later.
 */
export class CodedError extends Error {
  readonly code: string
  readonly canRetry: boolean
  readonly location: Location | undefined

  constructor(
    code: string,
    message: string,
    options: { canRetry?: boolean; location?: Location; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CodedError'
    this.code = code
    this.canRetry = options.canRetry ?? false
    this.location = options.location
  }

  /** `file:line:column CODE message`, without the parts that are not known. */
  override toString(): string {
    const { file, line, column } = this.location ?? {}
    const place = [file, line, column].filter((part) => part !== undefined).join(':')
    return `${place ? `${place}  ` : ''}${this.code}  ${this.message}`
  }
}

export const isCoded = (error: unknown, code?: string): error is CodedError =>
  error instanceof CodedError && (code === undefined || error.code === code)
