import { type Calendar, createCalendar } from '../../services/domain/calendar.ts'

const dayOf = (date: string) => Date.parse(date) / 86_400_000

/** A calendar with these days off and nothing else, which knows the days of [from, to]. */
export const calendarOf = (from: string, to: string, daysOff: readonly string[], id = 'test'): Calendar =>
  createCalendar({
    id,
    title: { en: id },
    weekend: [6, 7],
    announced: {
      covers: { from: dayOf(from), to: dayOf(to) },
      daysOff: daysOff.map((date) => ({ from: dayOf(date), to: dayOf(date) })),
      makeUpDays: [],
    },
    festivals: new Map(),
    daySets: new Map(),
  })
