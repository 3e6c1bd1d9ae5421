/** What a rule's moments of before `at` were told for has ended: the low balance was topped up, the bill is paid. */
export interface Ending {
  readonly rule: string
  readonly at: number
  /** No moment of before `at` lives longer. */
  readonly forget_at: number
}

/** Of Avro; behind the functions that `state.ts` has for them. */
export const endingFields = { rule: 'string', at: 'long', forget_at: 'long' }
