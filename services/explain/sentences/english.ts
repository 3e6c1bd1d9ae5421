import type { Quantiles } from '../../rules/ruleset.ts'

/** Everything that explain says, in English. Texts that come from rules (conditions, names, 7d) stay as they are. */
export const english = {
  // words that stand in sentences
  unknown: 'unknown',
  never: 'never',
  list: (items: readonly string[]) => items.join(', '),
  or: (items: readonly string[]) => items.join(' or '),
  orEach: (items: readonly string[]) => items.join(', or '),
  because: (reason: string) => ` (${reason})`,
  length: (days: number, hours: number, minutes: number, seconds: number) => {
    if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`
    if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
    return minutes > 0 ? `${minutes} min` : `${seconds} s`
  },

  // parts of conditions
  isUnknown: (name: string, because: string) => `${name} is unknown${because}`,
  seenIn: (said: string, condition: string) => `${said}, in ${condition}`,
  isButNeeds: (name: string, value: string, needed: string) => `${name} is ${value}, needs ${needed}`,
  is: (name: string, value: string) => `${name} is ${value}`,
  isNot: (name: string, value: string) => `${name} is ${value}, must not be`,
  withValues: (said: string, values: string) => `${said}: ${values}`,
  calendarEnds: "the subscriber's calendar is not known, or has ended",
  eventHasNone: (type: string, time: string) => `the ${type} of ${time} has none`,
  noEvent: 'none has come, or it is not among those that were read',

  // rules
  rule: (id: string, said: string) => `rule ${id} ${said}`,
  identityEnded: (time: string) => `is not judged: the identity ended at ${time}, and nobody has the number since`,
  neverAgain: 'it never fires again (once: lifetime)',
  notBefore: (time: string) => `not again before ${time}`,
  once: (until: string, length: string) => `${until} (once: ${length})`,
  remembered: (time: string) =>
    `did not fire: what it watches came true at ${time}, but it may be an old habit (warm-up or known history) or was seen more than 7 days late, so it was remembered and nobody was told`,
  fired: (time: string) => `fired at ${time}`,
  firedOnce: (time: string, until: string) => `fired at ${time}; ${until}`,
  only: (reason: string) => `only: ${reason}`,
  waits: (reason: string) => `waits: ${reason}`,
  firedLast: (time: string) => `it fired last at ${time}`,
  didNotFire: (reason: string) => `did not fire: ${reason}`,
  notSince: (time: string, reason: string) => `fired last at ${time}, and not since: ${reason}`,
  firedWhileAway: (time: string, since: string) =>
    `it fired at ${time}, before it was away until ${since}: that holds it back still`,
  judgedNext: (next: string) => `it holds now and is judged ${next}`,
  nextAt: (time: string) => `next at ${time}`,
  nextPeriod: 'at the beginning of the next period, once there is something to judge',
  itsDay: (day: string, time: string) => `its day is ${day}, at ${time}`,
  noDayOf: (field: string) => `the profile names no ${field}, or the day lies behind`,
  noDay: 'it has no day to wait for',
  open: (said: string) => `is open: ${said}`,
  openSince: (key: string, since: string, until: string) =>
    `${key === '' ? '' : `${key} `}since ${since}, until ${until} at the latest`,
  nothingOpen: (opener: string) => `nothing is open: ${opener} opens it`,
  itsDate: 'its date',
  noCrossing: 'it is true and was true when it was judged last, which is no crossing: it must become false first',
  rearmNow: 'that holds now, from the next time that it is judged',
  rearm: (missing: string) => `it was true and fires again only after its rearm: ${missing}`,
  firstIsNoCrossing: 'it was not judged while it was false: the first value that is seen is no crossing',
  noProfileTag: (tag: string) =>
    `no profile has come, so that it isn't known whether it happened before (tag '${tag}')`,
  tagged: (tag: string) => `the tag '${tag}' says that it happened before`,
  warmsUp: (until: string) => `it warms up until ${until}: what happens before is remembered and not told`,
  knownHistory: (reason: string) => `known history: ${reason}`,
  holdsNow: 'all that it asks for holds now',
  holdsAndJudgedAfter: (events: string) =>
    `all that it asks for holds now; it is judged when ${events} comes, and none has come yet`,
  holdsOnlyNow: (events: string) =>
    `all that it asks for holds now, but not yet when ${events} came last: what else it reads has come or changed since, and the next one is judged by it`,
  onTrial: 'it is on trial (mode: shadow): its moments are recorded, never sent',
  inForceSince: (time: string) => `it is in force since ${time}; what happened before is not told`,
  versionSince: (time: string) => `its present version is in force since ${time}`,
  held: (count: number, until: string) =>
    `${count} events wait for the grace before it sees them, the last until ${until} (settle: grace)`,
  inexact: 'a bound was met: values over busy windows may be a little off',

  // patterns
  mustStayAway: (events: string, until: string, noticed: string) => `${events} must stay away until ${until}${noticed}`,
  noticedAt: (time: string) => `, noticed when the grace has passed, at ${time}`,
  armedBy: (event: string, time: string) => `armed by event ${event} of ${time}`,
  cancelledBy: (time: string, by: 'unless' | 'absence') =>
    `an event of ${time} cancels it (${by === 'unless' ? 'unless' : 'what must stay away came'})`,
  stepNotMet: (step: number, of: number, name: string, events: string, count: string) =>
    `step ${step} of ${of}, '${name}' (${events}), is not met yet${count}`,
  timesOf: (count: number, times: number) => `, ${count} of ${times} times`,
  stepMet: (name: string, times: string) => `'${name}' was met at ${times}`,
  within: (until: string, length: string) => `all must come before ${until} (within ${length})`,
  noChain: (events: string) => `no chain waits any more: ${events} came in time, or the deadline has passed`,
  stepsMet: 'its steps are met, and it fires with the next event that completes them',

  // the first sentences
  noMoment: 'no moment in the seven days before',
  newestMoment: (rule: string, became: string) => `${rule}: ${became}`,
  unknownToDetect: 'detect knows nothing of this subscriber',
  identityEndedAt: (time: string) => `; the identity ended at ${time}`,
  itsMoment: (became: string) => `its moment was ${became}`,

  // what became of moments
  notDecided: 'decide has not recorded what becomes of it',
  heldUntilRead: (time: string) =>
    `held since ${time}, until all that lies on the log has been read: it may speak against it`,
  commanded: (channel: string, time: string, offer: string, consent: string, became: string) =>
    `commanded by ${channel} at ${time}: offer ${offer}${consent}; ${became}`,
  told: (status: string, time: string, code: string) => `${status} ${time}${code === '' ? '' : ` (${code})`}`,
  tried: (times: number, last: string) => `tried ${times} times, last at ${last}, and nothing was heard of it yet`,
  nothingHeard: 'nothing was heard of it yet',
  aChannel: 'a channel',
  thenNext: '; then ',
  restingOn: (consent: string) => `, resting on consent ${consent}`,
  recorded: (time: string) => `recorded at ${time}: it offers nothing to say`,
  heldBack: (outcome: 'suppressed' | 'deferred' | 'withdrawn', code: string, time: string) =>
    outcome === 'withdrawn'
      ? `its command was taken back by ${code} at ${time}, to leave no more if it hadn't left`
      : `${outcome} by ${code} at ${time}`,
  nothingKnown: 'nothing known',
  meaning: (meaning: string) => ` (${meaning.replace(/\.$/, '')})`,
  until: (time: string) => ` until ${time}`,
  facts: (facts: string) => `: ${facts}`,
  others: (codes: string) => `; ${codes} would have, too`,
  fact: (name: string, value: string) => `${name} ${value}`,

  // what was thought of, and what it rests on
  considered: (time: string) => `considered at ${time}, what is preferred first:`,
  candidate: (offer: string, channel: string, worth: string, taken: boolean, against: string) =>
    `${offer} by ${channel}${worth}: ${taken ? 'taken' : ''}${taken && against !== '' ? ', but ' : ''}${against}`,
  worth: (score: number, odds: string) => `, worth ${score}${odds}`,
  odds: (percent: number, explored: boolean, yeses: number, messages: number) =>
    ` (${percent} % accept${explored ? ', a sample' : ''}: ${yeses} of ${messages})`,
  judgedBy: (version: string, rest: string) => `judged by catalogue ${version}${rest === '' ? '' : `; ${rest}`}`,
  ofCampaign: (campaign: string) => `campaign ${campaign}`,
  ofVariant: (variant: string) => `variant ${variant}`,
  heldOut: 'held out',
  byPreferences: (ref: string) => `preferences ${ref}`,
  byRegister: (ref: string) => `register ${ref}`,
  asCommand: (command: string) => `command ${command}`,

  // factors
  wholeLife: 'the whole life',
  rolling: (length: string) => `the last ${length}, exact`,
  panes: (pane: string, before: number, least: string, most: string) =>
    `the current pane of ${pane} and the ${before} before it, not exact: ${least} to ${most}`,
  newestEvents: (count: number) => (count === 1 ? 'the newest event' : `the newest ${count} events`),
  sinceNewest: (events: string) => `since the newest ${events}`,
  present: (unit: Unit): string => presentPeriods[unit],
  presentAndBefore: (unit: Unit, before: number) =>
    `${presentPeriods[unit]} and the ${before === 1 ? units[unit] : `${before} ${units[unit]}s`} before it`,
  fullPeriods: (unit: Unit, periods: number, later: number) => {
    const which = periods === 1 ? `full ${units[unit]}` : `${periods} full ${units[unit]}s`
    if (later === 0) return `the last ${which}`
    return `the ${which} before the last ${later === 1 ? `full ${units[unit]}` : `${later} full ${units[unit]}s`}`
  },
  where: (events: string, condition: string) => `${events} where ${condition}`,
  aggregate: (kind: PlainAggregate, value: string | undefined, events: string) =>
    `${aggregates[kind]}${over(value)} ${events}`,
  ofTag: (tag: string) => `tag '${tag}' of the newest profile that names tags`,
  byQuantiles: ({ of, cuts, thresholds, measured }: Quantiles) => {
    const steps = cuts.map((cut, i) => `${cut} from ${thresholds[i]} on`).join(', ')
    const source = measured
      ? `the quantiles measured on ${measured.at} over ${measured.subscribers} subscribers`
      : 'thresholds that are declared, not measured'
    return `${of} by ${source}: ${steps}`
  },
  ofProducts: (products: string) => `whether the profile's products hold ${products}`,
  ofConsent: (channel: string, purpose: string) => `whether consent is granted for ${channel} and ${purpose}`,
  cadence: (measure: string, events: string) => `${measure} of the gaps between ${events}, in hours`,
  baseline: (value: string | undefined, events: string, halfLife: number) =>
    `usual ${sumOrCount(value)}${over(value)} ${events}, half-life ${halfLife}`,
  trend: (value: string | undefined, events: string) => `slope of the ${sumOrCount(value)}${over(value)} ${events}`,
  streak: (condition: string, value: string | undefined, events: string) =>
    `periods in a row in which ${condition}, value the ${sumOrCount(value)}${over(value)} ${events}`,

  // why a factor is unknown
  noTag: (tag: string) => `no profile has named a tag '${tag}' that can be read`,
  noProducts: 'no profile has named products',
  notNamed: 'no profile has named it',
  isItself: (factor: string, why: string) => `${factor} is: ${why}`,
  nothingToDivide: 'there is nothing to divide by (0 events in the window)',
  noNumber: 'its value has no number',
  fewPeriods: (firstSight: string, unit: Unit, full: number, needed: number) => {
    const passed =
      full === 0 ? `no full ${units[unit]} has` : `${full} full ${units[unit]}${full === 1 ? ' has' : 's have'}`
    return `first sight was ${firstSight}: ${passed} passed since, ${needed} must`
  },
  noAnchor: (events: string) => `there was no ${events} yet, or nothing came after it`,
  segmentUnchanged: 'no change of it has been seen yet',
  inNoSegment: 'no segment of it has been seen yet',
  notTwo: (events: string) => `there were no two of ${events} with a value yet`,
  fewerThan: (count: number, events: string) => `there were fewer than ${count} of ${events} yet`,
  noneYet: (events: string, hasValue: boolean) => `there was no ${events}${hasValue ? ' with a value' : ''} yet`,
  noneInWindow: (events: string, hasValue: boolean) =>
    `there is no ${events}${hasValue ? ' with a value' : ''} in its window`,

  // the page
  headRules: 'Rules',
  headRule: (rule: string, title: string) => `Rule ${rule}: ${title}`,
  headFactors: 'Factors',
  headMoments: 'Moments, newest first',
  headDecide: 'Decide',
  nothingIsKnown: 'nothing is known',
  subscriberOn: (id: string, shard: number, zone: string) => `subscriber ${id} on shard ${shard}, times in ${zone}`,
  asOf: (time: string, source: string) => `as of ${time}, ${source}`,
  catalogueVersion: (number: number, hash: string, since: string | undefined) =>
    `catalogue version ${number} (${hash})${since === undefined ? '' : `, in force since ${since}`}`,
  theIdentityEnded: (time: string) => `the identity ended at ${time}`,
  firstSeen: (time: string, newest: string) => `first seen ${time}; newest events: ${newest}`,
  segments: (cells: string) => `segments: ${cells}`,
  heldForGrace: (type: string, event: string, time: string, judged: string) =>
    `held for the grace: ${type} ${event} of ${time}, judged at ${judged}`,
  fromState: (stands: string, behind: string) => `from the committed state: ${stands}; ${behind}`,
  nothingCommitted: 'nothing was committed',
  clockStands: (time: string, ago: string | undefined) =>
    `its clock stands at ${time}${ago === undefined ? '' : `, ${ago} ago`}`,
  behind: (records: number) =>
    records === 0 ? 'all that is on the log is in it' : `${records} records of the shard are not in it yet`,
  fromLog: (records: number, own: number, refused: string, cut: string) =>
    `by reading the log again: ${records} records of the shard, ${own} of this subscriber${refused}${cut}`,
  deadLetters: (count: number) => `; ${count} of theirs are dead letters`,
  cut: '; the log no longer has its beginning: what lies before is missing here',
  othersQuiet: (count: number) =>
    `${count === 1 ? 'another one' : `${count} others`} did not fire; name one by --rule to see why`,
  nextJudged: (judged: string, asOf: string) => `next judged at ${judged}, as of ${asOf}`,
  event: (type: string, id: string, time: string) => `event: ${type} ${id} of ${time}`,
  condition: 'condition',
  edge: (state: string) => `edge: ${state}`,
  step: (name: string, times: number, at: string | undefined) =>
    `step ${name}${times > 1 ? ` (${times} times)` : ''}: ${at === undefined ? 'not met' : `met at ${at}`}`,
  wasCancelled: (by: string, time: string) => `cancelled by ${by} at ${time}`,
  armed: (event: string, time: string, deadline: string, judged: string) =>
    `waits: armed by ${event} of ${time}, deadline ${deadline}, judged at ${judged}`,
  knownHistoryHead: 'known history',
  fromTo: (from: string, to: string) => `${from} to ${to}`,
  events: (count: number) => `${count} ${count === 1 ? 'event' : 'events'}`,
  more: (count: number) => `and ${count} more`,
  noTime: 'at a time that is no longer on the log',
  trial: ' (on trial)',
  later: ' (later than was asked for)',
  noticed: (time: string) => `, noticed ${time}`,
  interval: (phase: string, code: string, key: string, until: string) => `${phase} ${code} ${key} until ${until}`,
  consent: (granted: boolean, what: string, from: string, ref: string) =>
    granted ? `consent granted: ${what} from ${from} (${ref})` : `consent refused: ${what} (${ref})`,
  noConsent: 'no consent is granted: what needs one is held back',
  hasProducts: (products: string) => `has ${products}`,
  boundUntil: (day: string) => `bound by contract until ${day}`,
  blocked: (what: string, from: string, ref: string) =>
    `not wanted: ${what === '' ? 'any marketing or care' : what}, from ${from} (${ref})`,
  register: (listed: boolean, checked: string, ref: string) =>
    `${listed ? 'listed' : 'not listed'} in the regulator's register as of ${checked} (${ref})`,
  openInterval: (code: string, rule: string, since: string, until: string, what: string) =>
    `open: ${code} by ${rule} since ${since}, until ${until} at the latest${what === '' ? '' : ` (${what})`}`,
  cap: (id: string, purposes: string, count: number, most: number) => `cap ${id} (${purposes}): ${count} of ${most}`,
  capReached: (until: string | undefined) => `, reached${until === undefined ? '' : ` until ${until}`}`,
  gap: (length: string, purpose: string, last: string, until: string) =>
    `gap of ${length} for ${purpose}: last touch ${last}, over at ${until}`,
  touch: (time: string, purpose: string, channel: string, state: string, command: string) =>
    `touch ${time}: ${purpose} by ${channel}, ${state} (${command})`,
  answered: (refused: boolean, time: string, offer: string | null, rule: string | null) =>
    `${refused ? 'refused' : 'accepted'} ${time}: ${offer ?? 'nobody knows what'}${rule === null ? '' : ` of ${rule}`}`,
  waitsUntil: (time: string, rule: string | null, moment: string) =>
    `waits until ${time}: ${rule ?? 'a moment'} (${moment})`,
  waitsToHear: (time: string, rule: string | null, moment: string) =>
    `held since ${time}, until all that lies on the log has been read: ${rule ?? 'a moment'} (${moment})`,
  waitsForResume: (pause: string, rule: string | null, moment: string) =>
    `waits for the pause ${pause} to end: ${rule ?? 'a moment'} (${moment})`,
  prefersChannel: (channel: string, stated: boolean, time: string) =>
    stated ? `prefers ${channel}, as the profile says since ${time}` : `answered by ${channel} last, ${time}`,
  noAddress: (channel: string, time: string) => `no address for ${channel}, as of ${time}`,
  mayFallBack: (channel: string, attempt: number, command: string, until: string | undefined) =>
    `said by ${channel} (attempt ${attempt}, ${command}); another channel follows if it fails${until === undefined ? '' : `, or isn't delivered by ${until}`}`,
  competesUntil: (time: string, rule: string | null, moment: string) =>
    `waits until ${time} for others that may be worth more: ${rule ?? 'a moment'} (${moment})`,
  lostTo: (command: string, rule: string | null, moment: string) =>
    `lost to the command ${command}, and is judged again if that doesn't leave: ${rule ?? 'a moment'} (${moment})`,
  takenBack: (command: string) => `the command ${command} was taken back; nothing was heard of it since`,
  contacted: (rule: string, time: string) => `contacted for ${rule} of ${time}`,
}

type Unit = 'hour' | 'day' | 'week' | 'month' | 'billing-month'
type PlainAggregate = keyof typeof aggregates

const units = { hour: 'hour', day: 'day', week: 'week', month: 'month', 'billing-month': 'billing month' } as const
const presentPeriods = {
  hour: 'this hour',
  day: 'today',
  week: 'this week',
  month: 'this month',
  'billing-month': 'this billing month',
} as const

const aggregates = {
  count: 'count',
  sum: 'sum',
  min: 'least',
  max: 'greatest',
  last: 'newest',
  first: 'first',
  previous: 'newest but one',
  current: 'present value',
  before: 'value before the newest change',
  'change-date': 'date of the newest change',
  'change-age': 'hours since the newest change',
  became: 'number of changes to a value',
  'last-time': 'time of the newest',
  distinct: 'different values',
  entropy: 'entropy',
  'top-share': 'share of the most frequent',
  mode: 'most frequent',
} as const

const over = (value: string | undefined): string => (value === undefined ? ' of' : ` of ${value} over`)
const sumOrCount = (value: string | undefined): string => (value === undefined ? 'count' : 'sum')
