import { whyNoLink } from '../domain/message-link.ts'
import { dayMs, isoDate } from '../domain/time-zones.ts'
import type { Offer, Policy } from './catalogue.ts'
import { checkTaskKind } from './human-channels.ts'
import { checkDimension, checkSegment, type KnownSegments } from './known-segments.ts'
import { answerWithinOf } from './learning.ts'
import { isNew } from './once-only.ts'
import type { Problem } from './problem.ts'
import type { RawOffer } from './raw.ts'
import { checkShape } from './shape.ts'
import type { Path, SourceNode } from './source.ts'
import type { Subject } from './subject.ts'

/** What offers are held against. */
interface Surroundings {
  readonly segments: KnownSegments
  /** undefined: it has a fault, and what it would say isn't known. */
  readonly policy: Policy | undefined
}

/** By id; undefined for one which is faulty. `lost`: ids in files that could not be read. */
export function checkOffers(
  nodes: readonly SourceNode[],
  lost: ReadonlySet<string>,
  known: Surroundings,
  problems: Problem[],
): ReadonlyMap<string, Offer | undefined> {
  const offers = new Map<string, Offer | undefined>()
  for (const node of nodes) {
    const shaped = checkShape('offer', node, problems)
    const offer = shaped && checkOffer(shaped.raw, shaped.subject, known)
    const { id } = node
    if (id === undefined || !isNew('offer', id, offers, node, problems)) continue
    offers.set(id, shaped?.isWhole ? offer : undefined)
  }
  for (const id of lost) if (!offers.has(id)) offers.set(id, undefined)
  return offers
}

function checkOffer(raw: RawOffer, subject: Subject, { segments, policy }: Surroundings): Offer {
  checkSegments(raw, subject, segments)
  checkProducts(raw, subject)
  checkValidity(raw, subject)
  if (policy) checkRepairs(raw, subject, policy)
  if (policy && raw.task !== undefined) checkTaskKind(raw.task, policy.humanChannels, subject, ['task'])
  if (raw.channels?.includes('task') && raw.task === undefined) {
    const message = "'task' is missing: which of the policy's human_channels.tasks is it?"
    subject.fault('KM_CATALOGUE_MISSING_KEY', message, ['channels', raw.channels.indexOf('task')])
  }
  checkChannelMessages(raw, subject)
  const noLink = raw.link === undefined ? undefined : whyNoLink(raw.link)
  if (noLink !== undefined) subject.fault('KM_CATALOGUE_VALUE', `this is no link: ${noLink}`, ['link'])
  const {
    requires,
    contract_days_left_most: most,
    channel_messages: texts,
    answer_within: _answerWithin,
    ...rest
  } = raw
  return {
    ...rest,
    ...(texts && { channelMessages: texts }),
    ...(requires && { requires: requires.map((one) => [one].flat()) }),
    ...(most !== undefined && { contractDaysLeftMost: most }),
    ...answerWithinOf(raw, subject),
  }
}

/** A text of a channel by which the offer isn't said would never be read. */
function checkChannelMessages({ channels = ['sms'], channel_messages = {} }: RawOffer, subject: Subject): void {
  for (const channel of Object.keys(channel_messages)) {
    if (channels.some((one) => one === channel)) continue
    const message = `nobody would get it: the offer isn't said by ${channel}; add '${channel}' to its channels, or take the text out`
    subject.fault('KM_OFFER_NEVER', message, ['channel_messages', channel])
  }
}

function checkSegments({ segments = {} }: RawOffer, subject: Subject, known: KnownSegments): void {
  for (const [dimension, allowed] of Object.entries(segments)) {
    if (!checkDimension(dimension, known, subject, ['segments', dimension])) continue
    allowed.forEach((id, index) => {
      checkSegment(id, known, subject, ['segments', dimension, index], dimension)
    })
  }
}

function checkProducts(raw: RawOffer, subject: Subject): void {
  const { product, repeatable, requires = [], conflicts = [], replaces = [] } = raw
  const never = (message: string, path: Path) => subject.fault('KM_OFFER_NEVER', message, path)
  requires.forEach((one, index) => {
    const alternatives = [one].flat()
    const isBarred = (id: string) => conflicts.includes(id) || (id === product && !repeatable)
    if (!alternatives.every(isBarred)) return
    const names = alternatives.map((id) => `'${id}'`).join(' or ')
    const why = alternatives.every((id) => conflicts.includes(id))
      ? 'conflicts with it; take it out of one of them'
      : "isn't made to those who have it; say repeatable: true, or leave it out"
    never(`nobody can get it: it requires ${names}, and ${why}`, ['requires', index])
  })
  for (const [key, list] of Object.entries({ conflicts, replaces })) {
    const own = product === undefined ? -1 : list.indexOf(product)
    if (own < 0) continue
    subject.fault('KM_CATALOGUE_VALUE', `'${product}' is the product itself; leave it out`, [key, own])
  }
  conflicts.forEach((id, index) => {
    if (!replaces.includes(id)) return
    const message = `'${id}' is replaced, so that those who have it may get this; leave it out of conflicts or of replaces`
    subject.fault('KM_CATALOGUE_VALUE', message, ['conflicts', index])
  })
  if (product !== undefined) return
  for (const key of ['repeatable', 'replaces'] as const) {
    if (raw[key] === undefined) continue
    subject.fault('KM_CATALOGUE_MISSING_KEY', `'product' is missing: without it '${key}' says nothing`, [key])
  }
}

function checkValidity({ valid }: RawOffer, subject: Subject): void {
  if (!valid) return
  const days = (['from', 'to'] as const).map((key) => {
    const text = valid[key]
    if (text === undefined) return Number.NaN
    const day = Date.parse(`${text}T00:00:00Z`) / dayMs
    // Some engines read 31 February as 3 March.
    if (!Number.isNaN(day) && isoDate(day) === text) return day
    subject.fault('KM_CATALOGUE_VALUE', `'${text}' is no date; write it like 2026-02-17`, ['valid', key])
    return Number.NaN
  })
  const [from = Number.NaN, to = Number.NaN] = days
  if (from > to) {
    subject.fault('KM_OFFER_NEVER', `nobody can get it: it ends on ${valid.to}, before it begins`, ['valid', 'to'])
  }
}

function checkRepairs({ kind, segments = {} }: RawOffer, subject: Subject, policy: Policy): void {
  const held = (policy.repairFirst ?? []).filter(({ kinds }) => kind === undefined || kinds.includes(kind))
  for (const [dimension, allowed] of Object.entries(segments)) {
    if (!allowed.every((id) => held.some(({ segment }) => segment === id))) continue
    const what = kind === undefined ? 'what has no kind' : kind
    const message = `nobody can get it: repair_first of the policy holds ${what} back in ${allowed.join(', ')}`
    subject.fault('KM_OFFER_NEVER', message, ['segments', dimension])
  }
}
