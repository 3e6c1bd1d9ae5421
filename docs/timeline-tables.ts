import { fieldDefaults } from '../services/timelines/events.ts'
import { timelineCodes } from '../services/timelines/problem.ts'
import { capital, code, table } from './table.ts'

/** What a timeline's event holds where nothing is said. */
export const timelineDefaultsTable = (): string =>
  table(
    ['type', 'fields'],
    Object.entries(fieldDefaults).map(([type, fields]) => {
      const given = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
      return [type, given.length === 0 ? 'none' : code(given.join(' '))]
    }),
  )

/** What can be wrong with a timeline, as written and as run. */
export const timelineCodesTable = (): string =>
  table(
    ['code', 'meaning'],
    Object.entries(timelineCodes).map(([name, meaning]) => [code(name), `${capital(meaning)}.`]),
  )
