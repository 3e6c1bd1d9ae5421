/** Since when a ruleset and its rules are in force, in milliseconds since 1970; what is missing: from the beginning. */
export interface Activation {
  /** When this version became active; -Infinity: it is the first. */
  readonly activatedAt: number
  /** By rule, when it became active without a gap since: a rule that was away for a while begins anew. */
  readonly rulesSince: Readonly<Record<string, number>>
  /** By rule, when its present content (and that of the factors that it reads) became active. */
  readonly changedSince: Readonly<Record<string, number>>
}
