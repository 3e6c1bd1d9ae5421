import { CodedError, type Location } from '../domain/errors.ts'

/** Everything that can be wrong with a timeline, as it is written and as it runs, and what each code means. */
export const timelineCodes = {
  KM_TIMELINE_KEY: 'a timeline has a key that is not known, or lacks one',
  KM_TIMELINE_VALUE: 'a value is of the wrong form',
  KM_TIMELINE_TIME: 'a time is not readable',
  KM_TIMELINE_BACKWARDS: 'a line stands before the line above it in time',
  KM_TIMELINE_LINE: 'a line is not readable',
  KM_TIMELINE_EVENT_TYPE: 'there is no such type of event',
  KM_TIMELINE_FIELD: 'an event has no such field, or the value does not fit it',
  KM_TIMELINE_RULE: 'the catalogue has no such rule',
  KM_TIMELINE_CATALOGUE: 'there is no other catalogue of this name',
  KM_TIMELINE_MISSING: 'a moment or a decision was expected and did not come',
  KM_TIMELINE_UNEXPECTED: 'a moment or a decision came that was not expected',
  KM_TIMELINE_DIFFERENT: 'a moment or a decision came, but not as expected',
  KM_TIMELINE_FACTOR: 'a factor has another value',
  KM_TIMELINE_NO_EXAMPLE: 'no worked example shows that a rule fires, or that it nearly does',
  KM_TIMELINE_FATE: 'an event became late, a duplicate or a dead letter, or did not',
} as const
export type TimelineCode = keyof typeof timelineCodes

export const timelineProblem = (code: TimelineCode, message: string, location: Location): CodedError =>
  new CodedError(code, message, { location })
