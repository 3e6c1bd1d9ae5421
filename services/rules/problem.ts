import { CodedError, type Location } from '../domain/errors.ts'

/** Everything that can be wrong with a catalogue, and what each code means. */
export const problemCodes = {
  KM_YAML_ENCODING: 'the file is not UTF-8',
  KM_YAML_TOO_LARGE: 'the file is larger than the limit',
  KM_YAML_SYNTAX: 'the file is not YAML',
  KM_YAML_TAB: 'a tab is used for indentation',
  KM_YAML_DUPLICATE_KEY: 'a key stands twice in one mapping',
  KM_YAML_ALIASES: 'aliases multiply the content',
  KM_YAML_TAG: 'a tag is not supported',
  KM_CATALOGUE_EMPTY_FILE: 'a file holds nothing',
  KM_CATALOGUE_HALF_SAVED: 'a file ends in the middle, or holds only the beginning of what it held',
  KM_CATALOGUE_UNEXPECTED_FILE: 'a YAML file stands outside the folders of a catalogue and is not policy.yaml',
  KM_CATALOGUE_NO_POLICY: 'there is no policy.yaml, or it holds not exactly one document',
  KM_CATALOGUE_UNKNOWN_KEY: 'a key is not known',
  KM_CATALOGUE_MISSING_KEY: 'a key is missing',
  KM_CATALOGUE_TYPE: 'a value is of the wrong type',
  KM_CATALOGUE_VALUE: 'a value is not allowed',
  KM_CATALOGUE_REPEATED: 'the same stands in a list twice',
  KM_CATALOGUE_DUPLICATE_ID: 'an id is used twice',
  KM_CATALOGUE_DURATION: 'a length of time is not readable or out of range',
  KM_CATALOGUE_WALL_TIME: 'a time of day is not readable',
  KM_CATALOGUE_CALENDAR: 'there is no such calendar',
  KM_CATALOGUE_TIME_ZONE: 'a time zone is not known',
  KM_TAG_UNKNOWN: 'there is no such tag',
  KM_SEGMENT_UNREACHABLE: 'a segment before it takes everybody',
  KM_FACTOR_KIND: 'a factor is made by no known thing, or by several at once',
  KM_FACTOR_CYCLE: 'a factor is computed from itself',
  KM_FACTOR_TYPE_CHANGED: 'a factor of the version in force would become another type of value',
  KM_FACTOR_ID: 'a factor has a name that conditions could not read',
  KM_FACTOR_VALUE: 'value and aggregate do not fit',
  KM_FACTOR_WINDOW: 'window and aggregate do not fit, or a window is out of range',
  KM_RULE_SYNTAX: 'a condition is not CEL',
  KM_RULE_UNSUPPORTED: 'a condition uses a part of CEL that Keymoment does not take',
  KM_RULE_TYPE: 'types do not fit',
  KM_RULE_NUMBER: 'a number is beyond 2^53 - 1',
  KM_RULE_TOO_COMPLEX: 'a condition is too large',
  KM_RULE_UNKNOWN_FIELD: 'an event has no such field',
  KM_RULE_UNKNOWN_FACTOR: 'there is no such factor',
  KM_RULE_UNKNOWN_SEGMENT: 'there is no such segment',
  KM_RULE_UNKNOWN_OFFER: 'there is no such offer',
  KM_RULE_IMPOSSIBLE_VALUE: 'a field is compared with a value that it never has',
  KM_RULE_IMPOSSIBLE: 'a part of a condition can never be true',
  KM_RULE_CONSTANT: 'a condition depends on nothing',
  KM_RULE_PURPOSE: 'a rule has no purpose',
  KM_RULE_HISTORY: 'a first rule does not say how earlier history is known, or what it says is true of every event',
  KM_RULE_REARM: 'rearm holds whenever becomes does, so that it holds nothing back',
  KM_RULE_NEVER: 'each event that opens an interval closes it at once',
  KM_RULE_EXPIRES: 'a moment would live too long',
  KM_RULE_KEY: 'the events of a rule do not share the key field',
  KM_RULE_DATE: 'a date of the calendar is not told, or told in two ways',
  KM_PATTERN_STEPS: 'the steps of a pattern do not fit together',
  KM_PATTERN_UNBOUNDED: 'a pattern would be remembered without end',
  KM_PATTERN_SELF: 'a pattern would complete itself again with every event',
  KM_PATTERN_NEVER: 'a pattern is cancelled by its own events',
} as const
export type ProblemCode = keyof typeof problemCodes

/** A located fault of a catalogue; `toString()` is `file:line:column  CODE  message`. */
export type Problem = CodedError

export const problem = (code: ProblemCode, message: string, location: Location): Problem =>
  new CodedError(code, message, { location })
