import { expect } from 'vitest'
import { withHealthyChannels } from '../../services/decide/healthy-channels.ts'
import type { DecideOutput } from '../../services/decide/outputs.ts'
import { isDecision, isOutcome } from '../../services/decide/outputs.ts'
import type { DecideState } from '../../services/decide/state.ts'
import { createDecideStep, type DecideInput, type DecideSettings } from '../../services/decide/step.ts'
import { wallTime } from '../../services/domain/civil-time.ts'
import { commandId, outreachId } from '../../services/domain/ids.ts'
import { chainReasons, otherReasons } from '../../services/domain/reason-codes.ts'
import type {
  Command,
  Consent,
  Decision,
  Moment,
  Order,
  Outcome,
  Profile,
  Reply,
} from '../../services/records/types.ts'
import type { Catalogue, Policy } from '../../services/rules/catalogue.ts'
import { topics } from '../../services/topology.ts'
import { heldByHand } from '../control/held-by-hand.ts'
import { keptState } from '../support/kept-state.ts'
import { catalogueWith } from './catalogue.ts'
import { preferencesOf, registerOf } from './preference-words.ts'

/**
 * A timeline reads down the page: time, what happens, what decide says to it. Columns are two spaces apart.
 *
 *   03-02 21:59  moment a                     command a
 *   03-02 22:00  moment b purpose=care        deferred b quiet-hours until 03-03 08:00
 *   03-03 08:00  -                            command b
 *
 * What the shard reads while its clock is behind the time of day says so: `behind=10h`. How far behind is what it has heard of
 * by way of detect: `unheard=10h`; it stays so while time passes, up to that line.
 *
 * A command by another channel than SMS says so, and one behind another of the same moment which: `command a/2 by ivr`. What
 * channels say: `receipt a failed channel=push attempt=1 code=no-address`, or `receipt a none`. A command of which no line says it is
 * delivered at once.
 *
 * What operators do stands in its line too: `pause p1 purpose=marketing`, `resume p1`; `unknown` and `known`: whether it is
 * known what is paused.
 *
 * Times are of 2026 (or say the year: 2027-01-01 00:00) on the wall clock of the timeline's zone, or UTC with a Z behind. Codes after the first have a plus.
 */
export interface TimelineOptions {
  readonly zone?: string
  readonly policy?: Partial<Policy>
  readonly catalogue?: Catalogue
  readonly settings?: DecideSettings
  /** Where the timeline begins, and what it then finds on the log. */
  readonly from?: DecideState
  readonly adopts?: readonly (Decision | Command | Outcome)[]
  /** false: what decide says isn't held against the lines. */
  readonly isSaid?: boolean
  /** Commands wait before they are sent: those that no receipt told of may be taken back. */
  readonly takesBack?: boolean
  /** Nothing is heard of a command but by the timeline's own lines; so it is where commands wait before they are sent. */
  readonly isSilent?: boolean
  /** Since when it is known what was sent; as the times of the timeline. */
  readonly knownSince?: string
}

export interface Played {
  /** Before the first line. */
  readonly initial: DecideState
  readonly state: DecideState
  readonly decisions: readonly Decision[]
  readonly commands: readonly Command[]
  readonly outcomes: readonly Outcome[]
}

export function play(table: string, options: TimelineOptions = {}): Played {
  const zone = options.zone ?? 'Asia/Shanghai'
  const operators = heldByHand(options.takesBack)
  const settings = { holds: operators.holds, ...options.settings }
  const told = new Set(table.split('\n').flatMap((line) => commandTold(columns(line)[1] ?? '') ?? []))
  const isSilent = options.isSilent ?? options.takesBack === true
  const alone = createDecideStep(options.catalogue ?? catalogueWith(options.policy), settings)
  const step = withHealthyChannels(alone, ({ command_id }) => isSilent || told.has(command_id))
  const kept = keptState<DecideState>(step.stateSchema)
  const knownSince = options.knownSince === undefined ? undefined : timeOf(options.knownSince, zone)
  const outputs: DecideOutput[] = []
  const said: string[] = []
  let state = options.from ?? step.initial
  /** Of the line before. */
  let earlier = Number.NEGATIVE_INFINITY

  const lines = table.split('\n').filter((line) => line.trim() !== '')
  const begin = timeOf(columns(lines[0] ?? '')[0] ?? '', zone)
  for (const value of options.adopts ?? []) {
    take({ state: step.adopt(state, outputOf(value), { now: begin, clock: begin, knownSince }) })
  }
  for (const line of lines) {
    const [time = '', what = ''] = columns(line)
    const now = timeOf(time, zone)
    const before = outputs.length
    const clock = now - durationOf(/ behind=(\w+)/.exec(what)?.[1] ?? '0s')
    const unheard = / unheard=(\w+)/.exec(what)?.[1]
    const heard = unheard === undefined ? Number.POSITIVE_INFINITY : now - durationOf(unheard)
    fire(now, clock, heard)
    earlier = now
    if (operators.act(what, now)) fire(now, clock, heard)
    else if (!what.startsWith('-') && !/^receipt \S+ none/.test(what)) {
      take(step.handle(state, inputOf(what, now, zone), { now, clock, knownSince, heard }))
    }
    said.push(described(time, what, outputs.slice(before), now))
  }
  if (options.isSaid !== false) expect(said).toEqual(lines.map((line) => columns(line).join('  ')))
  for (const output of outputs) if (isDecision(output)) expect(wronglyEnding(output.value)).toEqual([])
  return {
    initial: options.from ?? step.initial,
    state,
    decisions: outputs.flatMap((output) => (isDecision(output) ? [output.value] : [])),
    commands: outputs.flatMap((output) => (isDecision(output) || isOutcome(output) ? [] : [output.value as Command])),
    outcomes: outputs.flatMap((output) => (isOutcome(output) ? [output.value] : [])),
  }

  /** What is due by then; what waited for something else than time is due since long ago. */
  function fire(now: number, clock: number, heard: number) {
    for (let due = step.nextDue(state); due <= clock; due = step.nextDue(state)) {
      const fired = Math.max(due, Math.min(earlier, clock))
      take(step.timer(state, { now: clock < now ? now : fired, clock: fired, knownSince, heard }))
      if (step.nextDue(state) <= due) throw new Error(`still due at ${due} after its timer`)
    }
  }

  function take(result: { state: DecideState; outputs?: readonly DecideOutput[] }) {
    // Through bytes and back, as the store keeps it.
    state = kept(result.state)
    expect(state).toEqual(result.state)
    outputs.push(...(result.outputs ?? []))
  }

  function described(time: string, what: string, given: readonly DecideOutput[], now: number): string {
    const decisions = given.flatMap((output) => (isDecision(output) ? [output.value] : []))
    const parts = decisions.map(({ outcome, moment_id, code, codes, until, decided_at, channel, attempt }) =>
      [
        decided_at === now ? '' : `@${wallClock(decided_at, zone)}`,
        outcome,
        attempt > 1 ? `${moment_id}/${attempt}` : moment_id,
        outcome === 'command' && channel != null && channel !== 'sms' ? `by ${channel}` : '',
        code ?? '',
        ...codes.slice(1).map((other) => `+${other}`),
        until == null ? '' : `until ${wallClock(until, zone)}`,
      ]
        .filter((part) => part !== '')
        .join(' '),
    )
    return [time, what, ...(parts.length > 0 ? [parts.join(', ')] : [])].join('  ')
  }
}

const endings = new Map([...chainReasons, ...otherReasons].map(({ code, ends }) => [String(code), ends]))

/** What holds back says when it ends as its row of the table of reasons says; of a moment that waits that is when it is judged again. */
function wronglyEnding({ outcome, code, until, evidence }: Decision): readonly string[] {
  // No file may say a cap of 0; it holds for ever.
  if (outcome !== 'suppressed' || code == null || evidence['cap.most'] === 0) return []
  const expected = endings.get(code)
  const isWrong = expected === 'always' ? until == null : expected === 'never' && until != null
  return isWrong || expected === undefined ? [`${code}: until ${until}, but ends ${expected}`] : []
}

const outputOf = (value: Decision | Command | Outcome): DecideOutput =>
  'outcome_id' in value
    ? { topic: topics.outcomes, value }
    : 'decided_at' in value
      ? { topic: topics.decisions, value }
      : { topic: topics.commands[value.channel], value }

const columns = (line: string) => line.trim().split(/\s{2,}/)

export function timeOf(text: string, zone: string): number {
  if (text.endsWith('Z')) return Date.parse(`2026-${text.replace(' ', 'T')}`)
  const [, year = '2026', date = '', hours = '', minutes = '', rest = ''] =
    /^(?:(\d{4})-)?(\d\d-\d\d) (\d\d):(\d\d)(?::(\d\d\.\d{3}))?$/.exec(text) ?? []
  if (date === '') throw new Error(`not a time: '${text}'`)
  const minute = Number(hours) * 60 + Number(minutes)
  const day = Date.parse(`${year}-${date}`) / 86_400_000
  return wallTime(day, minute, zone, 'earlier') + Number(rest || 0) * 1000
}

const wallClock = (at: number, zone: string) =>
  new Date(at).toLocaleString('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).slice(5)

/**
 * `moment ID key=value…` · `ended RULE key=value…` · `open|closed CODE key=value…` · `receipt ID STATUS` · `reply TEXT… to=ID key=value…` ·
 * `profile key=value…` · `order PRODUCT key=value…`
 */
function inputOf(what: string, now: number, zone: string): DecideInput {
  const [verb, ...words] = what.split(' ')
  const plain = words.filter((word) => !word.includes('='))
  const given = Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => word.split('=')))
  switch (verb) {
    case 'moment':
      return { type: 'moment', value: momentOf(plain[0] ?? '', given, now) }
    case 'ended': {
      const value = momentOf(`ended-${now}`, { ...given, rule: plain[0] ?? '', offers: '' }, now)
      return { type: 'moment', value: { ...value, reason_ended_at: value.at } }
    }
    case 'open':
    case 'closed':
      return { type: 'moment', value: disturbanceOf(verb, plain[0] ?? '', given, now) }
    case 'receipt': {
      const [id = '', status = ''] = plain
      const { channel = 'sms', attempt = '1', code = null, ago = '0s' } = given
      const received_at = now - durationOf(ago)
      const received = { receipt_id: `${id}-${now}`, subscriber_id: 's', received_at, channel: channel as 'sms' }
      const command_id = commandOfMoment(id, channel, Number(attempt))
      return { type: 'receipt', value: { ...received, command_id, status: status as 'accepted', code } }
    }
    case 'reply':
      return { type: 'reply', value: replyOf(plain.join(' '), given, now) }
    case 'profile':
      return { type: 'profile', value: profileOf(given, now, zone) }
    case 'order':
      return { type: 'order', value: orderOf(plain[0] ?? '', given, now, zone) }
    default:
      throw new Error(`nothing is called '${verb}'`)
  }
}

/** The command that a line with `receipt` names. */
function commandTold(what: string): string | undefined {
  const [, id = '', rest = ''] = /^receipt (\S+)(.*)$/.exec(what) ?? []
  if (id === '') return undefined
  const named = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(rest)?.[1]
  return commandOfMoment(id, named('channel'), Number(named('attempt') ?? 1))
}

export const commandOfMoment = (id: string, channel = 'sms', attempt = 1) => commandId(outreachId(id), channel, attempt)

const durationOf = (text: string) =>
  Number(text.slice(0, -1)) * ({ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[text.slice(-1)] ?? Number.NaN)

function momentOf(id: string, given: Record<string, string>, now: number): Moment {
  const {
    purpose = 'marketing',
    rule = purpose,
    expires = '24h',
    offers = 'booster',
    segments = '',
    ago = '0s',
    mode = 'live',
    told,
  } = given
  const at = now - durationOf(ago)
  return {
    moment_id: id,
    subscriber_id: 's',
    detected_at: now,
    at,
    triggered_at: now,
    rule,
    rule_version: '1',
    kind: 'change',
    purpose: purpose as 'marketing',
    occurrence: id,
    expires_at: at + durationOf(expires),
    evidence: evidenceOf(told),
    offers: offers === '' ? [] : offers.split(','),
    segments: Object.fromEntries(segments.split(',').flatMap((one) => (one === '' ? [] : [one.split(':')]))),
    mode: mode as 'live',
  }
}

/** `told=balance:850,plan:Gold`: numbers where they look like one, nothing behind the colon for null. */
const evidenceOf = (told: string | undefined): Moment['evidence'] =>
  Object.fromEntries(
    (told?.split(',') ?? []).map((pair) => {
      const [name = '', value = ''] = pair.split(':')
      return [name, value === '' ? null : Number.isNaN(Number(value)) ? value : Number(value)]
    }),
  )

function disturbanceOf(phase: 'open' | 'closed', code: string, given: Record<string, string>, now: number): Moment {
  const {
    key = '',
    longest = '7d',
    id = `${phase}-${code}-${now}`,
    ago,
    lingers,
    channels,
    purposes,
    mode = 'live',
  } = given
  const moment = momentOf(id, { rule: code, mode, ...(ago !== undefined && { ago }) }, now)
  return {
    ...moment,
    kind: 'do-not-disturb',
    offers: [],
    do_not_disturb: {
      phase,
      code: code as 'open-issue',
      key,
      until: moment.at + durationOf(longest),
      lingers_until: lingers === undefined ? null : moment.at + durationOf(lingers),
      channels: (channels?.split(',') ?? []) as 'sms'[],
      purposes: (purposes?.split(',') ?? []) as 'care'[],
    },
  }
}

/** What is replied, to the command of the moment `to`; without it the reply doesn't say to what. */
function replyOf(text: string, given: Record<string, string>, now: number): Reply {
  const { to, attempt = '1', channel = 'sms', digits = null, action = null, ago = '0s', id = `r-${now}` } = given
  return {
    event_id: id,
    subscriber_id: 's',
    event_time: now - durationOf(ago),
    source: 'deliver',
    channel: channel as 'sms',
    text: text === '' ? null : text,
    digits,
    action,
    in_reply_to: to === undefined ? null : commandOfMoment(to, channel, Number(attempt)),
  }
}

/**
 * `sms/marketing=granted` with `since=MM-DD` and `ref=…`; `reported=MM-DD` is the event's own time. `blocks=…` are preferences,
 * as of `since`; `register=listed` or `clear`, as of `checked=MM-DD`; `tags=odds:0.3,other:1`.
 */
function profileOf(given: Record<string, string>, now: number, zone: string): Profile {
  const { zone: time_zone, language, born, billing, status, since, reported, ref } = given
  const { calendar, blocks, register, checked, tags, products, plan, contract_end, prefers, addressed } = given
  const consents = Object.entries(given).filter(([name]) => name.includes('/'))
  const dateOr = (date: string | undefined) => (date === undefined ? now : timeOf(`${date} 00:00`, zone))
  const consent: Record<string, Record<string, Consent>> = {}
  for (const [name, state] of consents) {
    const [channel = '', purpose = ''] = name.split('/')
    const entry = { state: state as 'granted', since: dateOr(since), source: 'crm', evidence_ref: ref ?? null }
    consent[channel] = { ...consent[channel], [purpose]: entry }
  }
  return {
    event_id: `p-${now}`,
    subscriber_id: 's',
    event_time: dateOr(reported),
    source: 'crm',
    ...(Object.keys(consent).length > 0 && { consent }),
    ...(time_zone !== undefined && { time_zone }),
    ...(language !== undefined && { language }),
    ...(tags !== undefined && { tags: Object.fromEntries(tags.split(',').map((tag) => tag.split(':'))) }),
    ...(born !== undefined && { birth_date: born }),
    ...(billing !== undefined && { billing_day: Number(billing) }),
    ...(calendar !== undefined && { calendar }),
    ...(blocks !== undefined && { preferences: preferencesOf(blocks, dateOr(since), ref ?? null) }),
    ...(register !== undefined && { register: registerOf(register, dateOr(checked), ref ?? null) }),
    ...(status !== undefined && { status: status as 'active' }),
    ...(products !== undefined && { products: products === '' ? [] : products.split(',') }),
    ...(plan !== undefined && { plan }),
    ...(prefers !== undefined && { preferred_channel: prefers as 'sms' }),
    ...(addressed !== undefined && { addressed: addressed.split(',') as 'sms'[] }),
    ...(contract_end !== undefined && { contract_end }),
  }
}

/** `action=` subscribe if left out; `id=` of the event; `reported=MM-DD` is the event's own time. */
function orderOf(product: string, given: Record<string, string>, now: number, zone: string): Order {
  const { action = 'subscribe', id = `o-${product}-${now}`, reported, contract_end } = given
  return {
    event_id: id,
    subscriber_id: 's',
    event_time: reported === undefined ? now : timeOf(`${reported} 00:00`, zone),
    source: 'crm',
    order_id: id,
    product_id: product,
    action: action as 'subscribe',
    ...(contract_end !== undefined && { contract_end }),
  }
}
