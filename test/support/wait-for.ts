/** How long a wait may take and how often its condition is looked at, in milliseconds. */
export interface WaitOptions {
  readonly deadlineMs?: number
  readonly everyMs?: number
}

/**
 * Waits until `condition` gives something other than `undefined`, `null` or `false`, and returns it. An exception of
 * the condition counts as "not yet" and is the cause of the error when the deadline passes.
 *
 * @param what what is waited for, as it should read in the error: "the third moment"
 * @throws Error once `deadlineMs` (10 s) has passed
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { deadlineMs = 10_000, everyMs = 20 }: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const started = performance.now()
  let cause: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>
      }
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (performance.now() - started >= deadlineMs) {
      throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause })
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
