/** A command that may still be taken back. */
export interface OpenCommand {
  readonly command_id: string
  readonly moment_id: string
  /** The moment's `at`; of a command that was adopted it may be known only once the moment comes again: null. */
  readonly moment_at: number | null
  readonly attempt: number
  /** Of the moment; of a command that was adopted, its `not_after`. */
  readonly expires_at: number
  /** Past it nothing leaves. */
  readonly not_after: number
  /** It was asked for back. */
  readonly withdrawn: boolean
  /** It was found on the log, and what the subscriber did before it may be read after it. */
  readonly adopted: boolean
}

/** Of Avro; behind the functions that `state.ts` has for them. */
export const openCommandFields = {
  command_id: 'string',
  moment_id: 'string',
  moment_at: ['null', 'long'],
  attempt: 'int',
  expires_at: 'long',
  not_after: 'long',
  withdrawn: 'boolean',
  adopted: 'boolean',
}
