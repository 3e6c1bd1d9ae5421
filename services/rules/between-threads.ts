import { type Calendar, type CalendarContent, createCalendar } from '../domain/calendar.ts'
import { CodedError, type Location } from '../domain/errors.ts'
import type { Catalogue } from './catalogue.ts'
import type { LoadedCatalogue } from './load.ts'
import type { Problem } from './problem.ts'
import type { Ruleset } from './ruleset.ts'

/**
 * What `loadCatalogue` gives, in a form that a thread can hand to another one: data without functions and classes. Little
 * of a catalogue isn't data: calendars, which are made anew of their content, and problems.
 */
export type LoadedData =
  | { readonly catalogue: CatalogueData; readonly problems?: undefined }
  | { readonly catalogue?: undefined; readonly problems: readonly ProblemData[] }

export interface ProblemData {
  readonly code: string
  readonly message: string
  readonly location: Location | undefined
}

type CatalogueData = Omit<Catalogue, 'ruleset' | 'calendars'> & {
  readonly ruleset: Omit<Ruleset, 'calendars'>
  readonly calendars: readonly CalendarContent[]
}

export function dataOf({ catalogue, problems }: LoadedCatalogue): LoadedData {
  if (!catalogue) return { problems: problems.map(problemDataOf) }
  const { calendars: _, ...ruleset } = catalogue.ruleset
  return { catalogue: { ...catalogue, ruleset, calendars: catalogue.calendars.map(contentOf) } }
}

export function loadedOf({ catalogue, problems }: LoadedData): LoadedCatalogue {
  if (!catalogue) return { problems: problems.map(problemOf) }
  const calendars = catalogue.calendars.map(createCalendar)
  return { catalogue: { ...catalogue, ruleset: { ...catalogue.ruleset, calendars }, calendars } }
}

const problemDataOf = ({ code, message, location }: Problem): ProblemData => ({ code, message, location })

const problemOf = ({ code, message, location }: ProblemData): Problem =>
  new CodedError(code, message, location ? { location } : {})

const contentOf = ({ id, title, weekend, announced, festivals, daySets }: Calendar): CalendarContent => ({
  id,
  title,
  weekend,
  announced,
  festivals,
  daySets,
})
