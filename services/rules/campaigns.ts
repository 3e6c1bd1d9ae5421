import { deterministicId } from '../domain/ids.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import { kindOfSender, senderForms } from '../domain/sms-sender.ts'
import type { Offer } from './catalogue.ts'
import { checkControl, type Guardrail, guardrailsOf } from './guardrails.ts'
import { isNew } from './once-only.ts'
import type { Problem } from './problem.ts'
import type { RawCampaign } from './raw.ts'
import type { Rule, Text } from './ruleset.ts'
import { checkShape } from './shape.ts'
import type { SourceNode } from './source.ts'
import { createSubject, type Subject } from './subject.ts'

/** Rules that are run and measured together. */
export interface Campaign {
  readonly id: string
  readonly title: Text
  readonly description?: Text
  /** As of a rule: of all its rules. */
  readonly audience?: 'pilot'
  /** As whose its short messages are shown; missing: as the settings say. */
  readonly sender?: string
  /** Part of the subscribers (0..1) who get no marketing of it. */
  readonly holdout: number
  /** By what holdout and variants are drawn. */
  readonly salt: string
  /** Of the edition: whoever changes what is tried, begins another. */
  readonly experiment: string
  /** The variant that others are held against. */
  readonly control?: string
  /** What is tried: the shares add up to 1. Empty: nothing. */
  readonly variants: readonly Variant[]
}

/** What some of a campaign's subscribers get in place of what its rules say. */
export interface Variant {
  readonly id: string
  /** Above 0, up to 1; of those who aren't held out. */
  readonly share: number
  /** By id of an offer: the one that takes its place. */
  readonly offers: Readonly<Record<string, string>>
  /** By id of an offer: what is said of it instead. */
  readonly messages: Readonly<Record<string, Offer['message']>>
  /** Any of them stops it. */
  readonly stopIf: readonly Guardrail[]
  /** What those get who are in it when it was stopped. */
  readonly whenStopped: 'control' | 'nothing'
}

/** By id; undefined for one which is faulty: naming it is no further fault. `isHeldOut`: some are, of all marketing. */
export function checkCampaigns(
  nodes: readonly SourceNode[],
  lost: ReadonlySet<string>,
  offers: ReadonlySet<string>,
  isHeldOut: boolean,
  problems: Problem[],
): ReadonlyMap<string, Campaign | undefined> {
  const campaigns = new Map<string, Campaign | undefined>()
  for (const node of nodes) {
    const shaped = checkShape('campaign', node, problems)
    const campaign = shaped?.isWhole ? checkCampaign(shaped.raw, shaped.subject, offers, isHeldOut) : undefined
    const { id } = node
    if (id !== undefined && isNew('campaign', id, campaigns, node, problems)) campaigns.set(id, campaign)
  }
  for (const id of lost) if (!campaigns.has(id)) campaigns.set(id, undefined)
  return campaigns
}

function checkCampaign(raw: RawCampaign, subject: Subject, known: ReadonlySet<string>, isHeldOut: boolean): Campaign {
  const { id, title, description, sender, holdout = 0, salt = id, control, variants = [] } = raw
  checkControl(raw, subject)
  if (sender !== undefined && !kindOfSender(sender)) {
    subject.fault('KM_CAMPAIGN_SENDER', `no short message can come from '${sender}'; a sender is ${senderForms}`, [
      'sender',
    ])
  }
  const sum = variants.reduce((all, { share }) => all + share, 0)
  if (variants.length > 0 && Math.abs(sum - 1) > roundingMost) {
    const message = `the shares of the variants add up to ${Number(sum.toFixed(6))}, not 1; who gets nothing else gets a variant that changes nothing`
    subject.fault('KM_CAMPAIGN_SHARES', message, ['variants'])
  }
  const seen = new Set<string>()
  const checked = variants.map((one, index): Variant => {
    const { id: variant, share, offers = {}, messages = {} } = one
    const path = ['variants', index]
    if (seen.has(variant)) {
      const message = `there is another variant '${variant}'; ids are used once, rename one of them`
      subject.fault('KM_CATALOGUE_DUPLICATE_ID', message, [...path, 'id'])
    }
    seen.add(variant)
    for (const [offer, other] of Object.entries(offers)) {
      const place = [...path, 'offers', offer]
      for (const name of [offer, other]) if (!known.has(name)) tellUnknown(name, known, subject, place)
      if (offer === other) {
        const message = `'${offer}' takes its own place; name another offer, or leave it out`
        subject.fault('KM_CAMPAIGN_VARIANT', message, place)
      }
    }
    for (const offer of Object.keys(messages)) {
      const place = [...path, 'messages', offer]
      if (!known.has(offer)) tellUnknown(offer, known, subject, place)
      if (Object.hasOwn(offers, offer)) {
        const message = `'${offers[offer]}' takes the place of '${offer}', so that this is never said; leave one out`
        subject.fault('KM_CAMPAIGN_VARIANT', message, place)
      }
    }
    const stopIf = guardrailsOf(one, raw, index, subject, isHeldOut || holdout > 0)
    const whenStopped = one.when_stopped ?? (control === undefined ? 'nothing' : 'control')
    return { id: variant, share, offers, messages, stopIf, whenStopped }
  })
  // By what was written, so that neither a new release nor another order of keys in our own objects begins an edition.
  const experiment = deterministicId('experiment', id, salt, control ?? '', JSON.stringify(variants))
  return {
    id,
    title,
    ...(description && { description }),
    ...(raw.audience && { audience: raw.audience }),
    ...(sender !== undefined && { sender }),
    holdout,
    salt,
    experiment,
    ...(control !== undefined && { control }),
    variants: checked,
  }
}

/** Shares are decimal fractions, which doubles only come near to. */
const roundingMost = 1e-9

function tellUnknown(name: string, known: ReadonlySet<string>, subject: Subject, path: (string | number)[]): void {
  subject.fault('KM_RULE_UNKNOWN_OFFER', `no offer '${name}'${didYouMean(name, [...known])}`, path)
}

/**
 * Says which variants speak of an offer that no rule of their campaign makes. A campaign without rules is idle, as one is whose
 * rules a catalogue above leaves out. `rules`: all of the catalogue's.
 */
export function checkVariants(
  nodes: readonly SourceNode[],
  campaigns: ReadonlyMap<string, Campaign | undefined>,
  rules: readonly Rule[],
  problems: Problem[],
): void {
  const told = new Set<string>()
  for (const node of nodes) {
    const campaign = node.id === undefined || told.has(node.id) ? undefined : campaigns.get(node.id)
    if (!campaign) continue
    told.add(campaign.id)
    const subject = createSubject(node, problems)
    const own = rules.filter((rule) => rule.campaign === campaign.id)
    if (own.length === 0) continue
    const made = new Set(own.flatMap(({ offers }) => offers))
    campaign.variants.forEach(({ offers, messages }, index) => {
      for (const key of ['offers', 'messages'] as const) {
        for (const offer of Object.keys(key === 'offers' ? offers : messages)) {
          if (made.has(offer)) continue
          const message = `no rule of the campaign offers '${offer}'${didYouMean(offer, [...made])}; add it there, or leave it out`
          subject.fault('KM_CAMPAIGN_VARIANT', message, ['variants', index, key, offer])
        }
      }
    })
  }
}

/** What a rule may lead to: what it lists, and what variants of its campaign put in the place of that. */
export function offersOfRule({ offers, campaign }: Rule, campaigns: readonly Campaign[]): ReadonlySet<string> {
  const variants = campaigns.find(({ id }) => id === campaign)?.variants ?? []
  const others = variants.flatMap((variant) => offers.flatMap((id) => variant.offers[id] ?? []))
  return new Set([...offers, ...others])
}
