import { isTimeZone } from '../domain/civil-time.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { holdsBack } from '../domain/reason-codes.ts'
import { checkBudgets } from './budgets.ts'
import { checkCap } from './caps.ts'
import type { Policy } from './catalogue.ts'
import { checkChannels } from './channels.ts'
import { checkCompetition } from './competition.ts'
import { checkContactTimes } from './contact-times.ts'
import { checkCooling } from './cooling.ts'
import { checkHoldout, checkWeights } from './experiments.ts'
import { checkHumanChannels } from './human-channels.ts'
import type { KnownSegments } from './known-segments.ts'
import { checkLearning } from './learning.ts'
import { offersBySegment } from './policy-of-offers.ts'
import { checkQuietHours } from './quiet-hours.ts'
import type { RawPolicy } from './raw.ts'
import { checkReplies } from './replies.ts'
import type { Purpose } from './ruleset.ts'
import { day, type Subject, second } from './subject.ts'
import { checkMessagePolicy } from './templates/message-policy.ts'

const purposes = ['marketing', 'care', 'service', 'regulatory'] as const satisfies readonly Purpose[]

/** A policy from its raw form; what is wrong with it is told to the subject. */
export function checkPolicy(
  raw: RawPolicy,
  subject: Subject,
  calendars: ReadonlySet<string>,
  segments: KnownSegments,
): Policy {
  if (!isTimeZone(raw.default_time_zone)) {
    const message = `'${raw.default_time_zone}' is no IANA time zone; write it like Asia/Shanghai`
    subject.fault('KM_CATALOGUE_TIME_ZONE', message, ['default_time_zone'])
  }
  if (raw.default_calendar !== undefined && !calendars.has(raw.default_calendar)) {
    const message = `no calendar '${raw.default_calendar}' in calendars/*.yaml${didYouMeanOneOf(raw.default_calendar, [...calendars])}`
    subject.fault('KM_CATALOGUE_CALENDAR', message, ['default_calendar'])
  }
  refuseDuplicates(raw.quiet_hours, 'quiet_hours', subject)
  refuseDuplicates(raw.caps, 'caps', subject)
  refuseDuplicates(raw.cooling ?? [], 'cooling', subject)
  refuseDuplicates(raw.categories ?? [], 'categories', subject)
  refuseDuplicates(raw.budgets ?? [], 'budgets', subject)
  refuseDuplicates(raw.do_not_disturb ?? [], 'do_not_disturb', subject)
  const gaps: Partial<Record<Purpose, number>> = {}
  for (const purpose of purposes) {
    const gap = raw.gaps[purpose]
    if (gap === undefined) continue
    gaps[purpose] = subject.duration(gap, ['gaps', purpose], { least: second, most: 366 * day })
    if (!holdsBack('gap', purpose)) {
      subject.fault('KM_CATALOGUE_VALUE', `nothing of purpose ${purpose} waits for a gap; take this one out`, [
        'gaps',
        purpose,
      ])
    }
  }
  return {
    defaultTimeZone: raw.default_time_zone,
    defaultLanguage: raw.default_language,
    ...(raw.default_calendar !== undefined && { defaultCalendar: raw.default_calendar }),
    quietHours: checkQuietHours(raw, subject),
    caps: raw.caps.map((cap, index) => checkCap(cap, index, raw, subject)),
    gaps,
    ...checkCompetition(raw, subject),
    ...checkHoldout(raw, subject),
    ...checkWeights(raw, subject, segments),
    ...checkLearning(raw, subject),
    ...(raw.pilots && { pilots: raw.pilots }),
    ...(raw.roaming && { roaming: raw.roaming }),
    ...(raw.channel_costs && { channelCosts: raw.channel_costs }),
    ...checkChannels(raw, subject, segments),
    cooling: (raw.cooling ?? []).map((cooling, index) => checkCooling(cooling, index, subject)),
    replies: checkReplies(raw.replies ?? {}, subject),
    ...offersBySegment(raw, subject, segments),
    ...checkMessagePolicy(raw, subject),
    ...checkContactTimes(raw, subject),
    ...(raw.human_channels && { humanChannels: checkHumanChannels(raw.human_channels, subject, segments) }),
    ...checkBudgets(raw, subject, segments),
  }
}

function refuseDuplicates(list: readonly { readonly id: string }[], key: string, subject: Subject): void {
  const seen = new Set<string>()
  list.forEach(({ id }, index) => {
    if (seen.has(id)) subject.fault('KM_CATALOGUE_DUPLICATE_ID', `'${id}' is used twice in ${key}`, [key, index, 'id'])
    seen.add(id)
  })
}
