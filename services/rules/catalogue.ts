import type { BlockedTimes } from '../domain/blocked-times.ts'
import type { Calendar } from '../domain/calendar.ts'
import type { CivilUnit } from '../domain/civil-time.ts'
import type { ReplyWords } from '../domain/reply-words.ts'
import type { Channel } from '../topology.ts'
import type { Acceptance } from './acceptance.ts'
import type { Budget } from './budgets.ts'
import type { Campaign } from './campaigns.ts'
import type { HumanChannels } from './human-channels.ts'
import type { LearningPolicy } from './learning.ts'
import type { Purpose, Ruleset, Text } from './ruleset.ts'
import type { Tag } from './tags.ts'

/** The checked content of a catalogue folder. */
export interface Catalogue {
  /** Content hash over all files. */
  readonly version: string
  readonly ruleset: Ruleset
  readonly offers: readonly Offer[]
  readonly campaigns: readonly Campaign[]
  readonly tags: readonly Tag[]
  readonly calendars: readonly Calendar[]
  readonly policy: Policy
}

/** A product or service action with what is said about it. */
export interface Offer {
  readonly id: string
  readonly title: Text
  /** Of what kind it is; undefined counts as a sale. */
  readonly kind?: OfferKind
  /** What its message is about: an id of the policy's categories, or its default one. Without it: perhaps anything. */
  readonly category?: string
  /** Product that it sells, as orders and profiles name it. */
  readonly product?: string
  /** Having the product is no obstacle. */
  readonly repeatable?: boolean
  /** Of each of these lists one product is needed. */
  readonly requires?: readonly (readonly string[])[]
  readonly conflicts?: readonly string[]
  /** Products whose place the product takes. */
  readonly replaces?: readonly string[]
  /** By dimension, the segments that are allowed. */
  readonly segments?: Readonly<Record<string, readonly string[]>>
  /** First and last day, YYYY-MM-DD, where the subscriber is. */
  readonly valid?: { readonly from?: string; readonly to?: string }
  /** Only for those whose contract has at most so many days to run. */
  readonly contractDaysLeftMost?: number
  /** What an acceptance is worth, in minor units of money. */
  readonly value?: number
  /** How strongly the product binds, 0..1. */
  readonly stickiness?: number
  /** In minor units of money, whenever somebody accepts it. */
  readonly cost?: number
  /** What the subscriber pays, in minor units of the policy's currency. */
  readonly price?: number
  /** How likely it is that somebody accepts. Where there is one, there is a value. */
  readonly acceptance?: Acceptance
  /** By which it may be said; missing: by SMS alone. Which of them is chosen: `channelOrder`, and what the subscriber answers to. */
  readonly channels?: readonly Channel[]
  /** Of which of the policy's kinds the tasks are by which people speak of it. */
  readonly task?: string
  /** For how long after a command what is done counts as an answer to it, in milliseconds; undefined: as the policy says. */
  readonly answerWithin?: number
  /** Templates of the message by language (ISO 639-1) and `en` at least. */
  readonly message: MessageTexts
  /** The same of channels that have texts of their own. */
  readonly channelMessages?: Readonly<Partial<Record<Channel, MessageTexts>>>
}

export type MessageTexts = Readonly<Record<string, string>> & { readonly en: string }

export type OfferKind =
  | 'voice'
  | 'data'
  | 'broadband'
  | 'family-network'
  | 'contract'
  | 'terminal'
  | 'value-added'
  | 'service-action'

/** What outranks every rule. Lengths in milliseconds, wall times in minutes after local midnight. */
export interface Policy {
  /** Used for subscribers whose profile names no time zone. IANA name. */
  readonly defaultTimeZone: string
  readonly defaultLanguage: string
  /** Id of a calendar, for subscribers whose profile names none. */
  readonly defaultCalendar?: string
  /** Repair before sale: subscribers of the segment are not offered these kinds. */
  readonly repairFirst?: readonly { readonly segment: string; readonly kinds: readonly OfferKind[] }[]
  /** In which order offers are tried: the first row whose segment the subscriber is in. */
  readonly offerOrder?: readonly OfferOrder[]
  readonly quietHours: readonly QuietHours[]
  readonly caps: readonly Cap[]
  /** Minimum time between two touches, by purpose of the later one. */
  readonly gaps: Readonly<Partial<Record<Purpose, number>>>
  /** For how long a moment of the purpose waits for others to be weighed against it, in milliseconds; without one it doesn't. */
  readonly competition?: Readonly<Partial<Record<Purpose, number>>>
  /** For how long marketing keeps quiet after a refusal. */
  readonly cooling: readonly Cooling[]
  /** What replies mean, in whatever language, as `plainWords` gives them; opt-outs with `optOutAlways`. */
  readonly replies: ReplyWords
  /** Who gets no marketing at all. */
  readonly holdout?: Holdout
  /** By segment, above 0: what is said to a subscriber of it counts so much more where moments compete; 1 where nothing is said. */
  readonly priorityWeights?: Readonly<Record<string, number>>
  /** What a message costs, in minor units of money; 0 where nothing is said. */
  /** Who is sent what has the audience `pilot`. */
  readonly pilots?: readonly string[]
  /** Factors: whether the subscriber is abroad, and in which country. It is quiet there when it is quiet in any of its zones. */
  readonly roaming?: { readonly abroad: string; readonly country: string }
  readonly channelCosts?: Readonly<Partial<Record<Channel, number>>>
  readonly channels?: Readonly<Partial<Record<Channel, ChannelTraits>>>
  /** In which order channels are tried where nothing else prefers one; those that it leaves out come behind, as the offer lists them. */
  readonly channelOrder?: readonly Channel[]
  /** How long a channel without an address is left out; a week where nothing is said. */
  readonly noAddressFor?: number
  /** As an offer's, of those that say nothing; one that is left out is the usual one. */
  readonly answerWithin?: number
  readonly learning?: LearningPolicy
  /** Of the market's money: ISO 4217. */
  readonly currency?: string
  /** Texts that messages put in as `policy.NAME`: one for all languages, or one by language. */
  readonly variables?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  /** By language, what stands behind each marketing message that doesn't say it itself. */
  readonly optOutText?: Readonly<Record<string, string>>
  /** A message of more parts is warned of. */
  readonly segmentsMost?: number
  /** What messages are about, as subscribers and registers tell it apart. */
  readonly categories?: readonly { readonly id: string; readonly title: Text }[]
  /** Of offers that name none. */
  readonly defaultCategory?: string
  readonly doNotDisturb?: readonly BlockedContact[]
  readonly register?: RegisterPolicy
  /** Without it, nobody gets tasks. */
  readonly humanChannels?: HumanChannels
  /** What money and capacity may be given out. */
  readonly budgets?: readonly Budget[]
}

/** What a channel is like. */
export interface ChannelTraits {
  /** It says when a message was delivered, and one of which it has not said so in this time counts as not delivered. Milliseconds. */
  readonly deliveredWithin?: number
  /** It reaches those only of whom this factor is at most so much, as the moment's evidence says. */
  readonly reach?: { readonly factor: string; readonly most: number }
  /** It is for messages of these purposes, and for subscribers in one of these segments. */
  readonly urgentOnly?: { readonly purposes: readonly Purpose[]; readonly segments: readonly string[] }
}

/** Part of the subscribers (0..1), drawn by the salt: the same ones in every version of the catalogue. */
export interface Holdout {
  readonly share: number
  readonly salt: string
}

/** What a contact may be; an empty list: all. */
export interface ContactKinds {
  readonly purposes: readonly Extract<Purpose, 'marketing' | 'care'>[]
  readonly categories: readonly string[]
  readonly channels: readonly Channel[]
}

/** Contacts that are not made at these times, where the subscriber is. */
export interface BlockedContact extends ContactKinds, BlockedTimes {
  readonly id: string
}

/** Contacts that are made only if a regulator's register was asked not longer ago than this. */
export interface RegisterPolicy {
  readonly requiredFor: ContactKinds
  readonly maxAge: number
}

/** Highest stickiness or value first, lowest price or cost first. */
export interface OfferOrder {
  readonly segment: string
  readonly by: 'stickiness' | 'value' | 'price' | 'cost'
  /** Those of these kinds come first, in this order; among them, and among the others, `by` holds. */
  readonly kinds?: readonly OfferKind[]
}

/** [start, end) on the wall clock of where the subscriber is; start > end crosses midnight. */
export interface QuietHours {
  readonly id: string
  readonly channels: readonly Channel[]
  readonly start: number
  readonly end: number
}

/** At most `most` touches in the current civil period (in the subscriber's zone) or in (t - length, t]. */
export interface Cap {
  readonly id: string
  readonly purposes: readonly Purpose[]
  /** Counts these only, and holds back these only; missing: all. */
  readonly channels?: readonly Channel[]
  /** Of offers: counts these only, and holds back these only; missing: all, and offers without a category. */
  readonly categories?: readonly string[]
  readonly window:
    | { readonly kind: 'civil'; readonly unit: CivilUnit }
    | { readonly kind: 'rolling'; readonly length: number }
  readonly most: number
}

/** With `after` refusals in (t - within, t], marketing keeps quiet in [t, t + length). */
export interface Cooling {
  readonly id: string
  readonly of: CoolingOf
  readonly after: number
  /** Milliseconds; Infinity for one refusal. */
  readonly within: number
  readonly length: number
}

/** What a refusal cools: everything, or what is of the same rule, offer or category of offers as what was refused. */
export type CoolingOf = 'all' | 'rule' | 'offer' | 'category'
