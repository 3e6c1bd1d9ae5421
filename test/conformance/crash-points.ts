/** Where deliver may end between taking a command and telling what became of it, in that order. */
export const crashPoints = [
  'before the attempt is logged',
  'between the log and the send',
  'between the send and its answer',
  'between the answer and the receipt',
] as const
export type CrashPoint = (typeof crashPoints)[number]
