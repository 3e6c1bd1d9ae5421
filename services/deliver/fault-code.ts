/** The code of what failed, for the log; `KM_DELIVER_FAILED` where it has none. */
export const faultCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'KM_DELIVER_FAILED'
