// Generated from schemas/*.avsc by `npm run generate`; not edited by hand.

/**
 * Schema name to record. A decoded record has every field; a field with a question mark is null when there is nothing,
 * and may be left out of what is encoded. Times are milliseconds since 1970, money is minor units.
 */
export interface RecordTypes {
  readonly address: Address
  readonly 'app-usage': AppUsage
  readonly attempt: Attempt
  readonly bill: Bill
  readonly budget: BudgetRecord
  readonly 'catalogue-version': CatalogueVersion
  readonly cdr: Cdr
  readonly 'channel-report': ChannelReport
  readonly command: Command
  readonly complaint: Complaint
  readonly contact: Contact
  readonly control: ControlRecord
  readonly 'dead-letter': DeadLetter
  readonly decision: Decision
  readonly 'desk-act': DeskAct
  readonly 'late-event': LateEvent
  readonly moment: Moment
  readonly network: Network
  readonly order: Order
  readonly outcome: Outcome
  readonly profile: Profile
  readonly 'prompt-news': PromptNews
  readonly receipt: Receipt
  readonly recharge: Recharge
  readonly reply: Reply
  readonly rerun: Rerun
  readonly tally: Tally
  readonly 'worker-report': WorkerReport
}

/** Where a subscriber is reached; only deliver reads it. A null field is unchanged. */
export interface Address {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  /** E.164 */
  readonly sms?: string | null
  /** E.164 */
  readonly ivr?: string | null
  readonly push?: ReadonlyArray<PushAddress> | null
}

/** A push token. */
export interface PushAddress {
  readonly provider: 'fcm' | 'apns' | 'web'
  readonly token: string
}

/** A session of an application on the data network. */
export interface AppUsage {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly app: string
  readonly app_category: string
  readonly bytes_up: number
  readonly bytes_down: number
  readonly duration_s: number
  readonly bearer: '2g' | '3g' | '4g' | '5g' | 'wifi'
  readonly cell_id?: string | null
  readonly roaming_country?: string | null
  /** the subscriber was logged in to the operator's own app */
  readonly login: boolean
}

/** Write-ahead of a send: it is on the log before anything leaves. */
export interface Attempt {
  readonly attempt_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly attempted_at: number
  readonly command_id: string
  readonly channel: 'sms' | 'ivr' | 'push' | 'desk' | 'task'
  readonly purpose: 'marketing' | 'care' | 'service' | 'regulatory'
  /** which adapter */
  readonly provider: string
}

/** A monthly bill or a change of its status. */
export interface Bill {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly period: string
  /** minor units */
  readonly amount: number
  readonly currency: string
  readonly due: string
  readonly status: 'issued' | 'paid' | 'overdue'
  /** minor units over the plan */
  readonly over_plan?: number | null
}

/** A process asks for a tranche of a budget, or gives back what it doesn't need. What is granted follows from the records before it. */
export interface BudgetRecord {
  /** of this record; the key of the topic, so that compaction keeps every one, and of shard 0, so that all are in one order */
  readonly record_id: string
  /** nobody's: record_id once more */
  readonly subscriber_id: string
  readonly requested_at: number
  readonly action: 'ask' | 'return'
  readonly budget: string
  /** 2026-03-02, week-2026-03-02, 2026-03, or life */
  readonly period: string
  readonly period_begin: number
  /** null: it never ends */
  readonly period_end?: number | null
  /** the segments whose reserve it is for; empty: what is open to all */
  readonly pool: string
  readonly process: string
  /** what is asked for at most, or given back */
  readonly amount: number
  /** of ask: what may have been granted of the period in all by the time of the record */
  readonly paced: number
  /** of ask: by pool, what of it is kept for that pool */
  readonly reserved: Readonly<Record<string, number>>
  /** what the process has spent of the period so far; below 0 where it was given back what another had spent */
  readonly spent: number
}

/** A published version of the catalogue: what was published, by whom, why, and when it becomes active. */
export interface CatalogueVersion {
  /** of this publication; the key of the topic is unique too, so that compaction keeps every version */
  readonly publication_id: string
  /** nobody's: always 'catalogue' */
  readonly subscriber_id: string
  readonly published_at: number
  /** 1, 2, 3 and so on; 0: the next, whatever it is; another one than the next is refused */
  readonly number: number
  /** hash of the content */
  readonly version: string
  /** from this time on it applies, by each shard's own clock; 0: five seconds after the log took it; the first version applies from the beginning of time */
  readonly activates_at: number
  readonly author: string
  readonly reason: string
  /** the way in */
  readonly source: 'folder' | 'http' | 'cli' | 'topic' | 'rollback'
  /** gzip of a JSON array of {path, text}, paths relative to the catalogue's folder */
  readonly files: Buffer
  /** by rule, when it became active without a gap since (milliseconds); a rule that is missing: from the beginning; null: each reader finds out */
  readonly rules_since?: Readonly<Record<string, number>> | null
  /** by rule, when its present content became active; as rules_since */
  readonly changed_since?: Readonly<Record<string, number>> | null
}

/** A call detail record: one call or message of a subscriber. */
export interface Cdr {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly kind: 'voice' | 'sms' | 'mms'
  readonly direction: 'mo' | 'mt'
  /** pseudonym of the other party */
  readonly other_party: string
  readonly duration_s: number
  readonly cell_id?: string | null
  /** ISO 3166-1 alpha-2, absent at home */
  readonly roaming_country?: string | null
  readonly end_cause: 'normal' | 'dropped' | 'failed' | 'busy' | 'no-answer'
  /** minor units */
  readonly charge?: number | null
  /** minor units */
  readonly balance_after?: number | null
}

/** How a channel is, as one process that sends through it sees it: while it is down, again and again, and once when it is up again. Where nothing is said it is up. */
export interface ChannelReport {
  readonly report_id: string
  /** no subscriber: a hash of process and channel; the key of the topic */
  readonly subscriber_id: string
  readonly reported_at: number
  /** host and process id, e.g. worker-3:4711 */
  readonly process: string
  readonly channel: 'sms' | 'ivr' | 'push' | 'desk' | 'task'
  readonly state: 'up' | 'down'
  /** when it began to be so */
  readonly since: number
}

/** One outreach to one subscriber through one channel. */
export interface Command {
  readonly command_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly issued_at: number
  /** when the log took the completing event; latency is measured from it; null for timers */
  readonly triggered_at?: number | null
  readonly outreach_id: string
  readonly moment_id: string
  readonly decision_id: string
  readonly channel: 'sms' | 'ivr' | 'push' | 'desk' | 'task'
  readonly purpose: 'marketing' | 'care' | 'service' | 'regulatory'
  readonly rule: string
  readonly offer?: string | null
  /** of the offer when it was commanded; caps by category go by it */
  readonly category?: string | null
  /** of the moment's rule */
  readonly campaign?: string | null
  /** the subscriber's, where the campaign tries any; the command is the exposure to it */
  readonly variant?: string | null
  readonly text: string
  readonly language: string
  /** past it nothing leaves */
  readonly not_after: number
  /** 1 for the first channel of the chain */
  readonly attempt: number
  /** not null: this takes back the command of the same id, for that reason, if nobody has claimed it */
  readonly cancelled_because?: string | null
  /** null: nothing is awaited */
  readonly awaits?: CommandAwaits | null
  /** of channel task */
  readonly task?: Task | null
  /** of channel desk */
  readonly prompt?: Prompt | null
  /** of channels task and desk */
  readonly briefing?: Briefing | null
  /** of the campaign: as whose a short message is shown; null: as the settings say */
  readonly sender?: string | null
  /** where the offer's link leads, e.g. https://shop.example/data-booster; the text has a mark in its place until it is sent; null: it has none */
  readonly link?: string | null
}

/** What answers to a command are awaited, and what is learned from them. */
export interface CommandAwaits {
  /** an answer from then on is none to it */
  readonly until: number
  /** whose order accepts the offer */
  readonly product?: string | null
  /** by which the offer's acceptance is looked up; null: by none */
  readonly segment?: string | null
  /** of each dimension, when the moment fired */
  readonly segments: Readonly<Record<string, string>>
  /** edition of the campaign whose variant it counts for; null: it counts for none */
  readonly experiment?: string | null
  /** its outcome counts for the offer's acceptance */
  readonly learn: boolean
  /** so long after it, what was learned from it counts half; null: it always counts */
  readonly half_life_ms?: number | null
  /** on which side it stands where those who are addressed are held against those who are held out; null: on none */
  readonly compared_as?: 'addressed' | 'held-out' | 'held-out-of-all' | null
}

/** What a person is asked to do. */
export interface Task {
  /** of the policy's tasks */
  readonly kind: string
  /** of the kind, in the language of the text */
  readonly title: string
  readonly tier: 'priority' | 'secondary' | 'watch'
  /** of the policy's teams */
  readonly team: string
  readonly due_at: number
  /** given up then, if nobody has ended it */
  readonly closes_at: number
  /** so many times not reached end it */
  readonly attempts_most: number
  /** what the engine keeps quiet about while it is open */
  readonly holds: 'nothing' | 'matter' | 'all'
  /** what the person begins with */
  readonly script?: string | null
}

/** Where an agent is told it. */
export interface Prompt {
  readonly call_id: string
  /** when a call whose end never comes counts as ended */
  readonly ends_at: number
}

/** What the person should know. */
export interface Briefing {
  /** title of the moment's rule, in the language of the text */
  readonly happened: string
  readonly happened_at: number
  readonly evidence: Readonly<Record<string, boolean | number | string | null>>
  readonly segments: Readonly<Record<string, string>>
  /** in the order in which to speak of them */
  readonly recommended: ReadonlyArray<Recommended>
}

/** An offer that a person may speak of. */
export interface Recommended {
  readonly offer: string
  /** in the language of the text */
  readonly title: string
  /** repair comes first */
  readonly step: 'repair' | 'recommend'
  /** what to say */
  readonly text: string
  /** repair: it helps and sells nothing; worth: the best of those that were weighed; listed: as the rule lists them */
  readonly why: 'repair' | 'worth' | 'listed'
  /** what it is worth to say it, in minor units of money */
  readonly score?: number | null
}

/** A step in the life of a complaint ticket. */
export interface Complaint {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly ticket_id: string
  readonly category: 'tariff' | 'network' | 'billing' | 'service' | 'spam' | 'other'
  readonly status: 'opened' | 'escalated' | 'resolved' | 'withdrawn'
  readonly severity: number
  readonly cell_id?: string | null
}

/** A hotline or store contact in progress. */
export interface Contact {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly call_id: string
  readonly phase: 'ringing' | 'connected' | 'ended'
  readonly agent_id?: string | null
  readonly topic?: string | null
  readonly line: 'hotline' | 'store'
}

/** What an operator paused, resumed or cancelled: the act and the audit of it in one. Each stands by itself, in whatever order they are read. */
export interface ControlRecord {
  /** of this act; the key of the topic, so that compaction keeps every one */
  readonly control_id: string
  /** nobody's: control_id once more */
  readonly subscriber_id: string
  readonly requested_at: number
  readonly action: 'pause' | 'resume' | 'cancel' | 'stop'
  /** of resume: the control_id of the pause that ends */
  readonly pause_id?: string | null
  /** what is paused or resumed; null: all of them */
  readonly channel?: 'sms' | 'ivr' | 'push' | 'desk' | 'task' | null
  /** as channel */
  readonly purpose?: 'marketing' | 'care' | 'service' | 'regulatory' | null
  /** as channel; of cancel: whose commands are cancelled that were issued until then; of stop: whose variant is stopped */
  readonly campaign?: string | null
  /** of cancel: the one command that is */
  readonly command_id?: string | null
  /** of stop: it gets no new exposures */
  readonly variant?: string | null
  /** of stop: the edition of the campaign that it holds for; one that was changed begins anew */
  readonly experiment?: string | null
  /** who answers for it */
  readonly author: string
  /** why, for those who read it later */
  readonly reason?: string | null
}

/** A record that could not be handled, with its bytes. */
export interface DeadLetter {
  readonly dead_letter_id: string
  /** the key of the record as far as it could be read, else empty */
  readonly subscriber_id: string
  readonly failed_at: number
  readonly service: string
  readonly topic: string
  readonly shard: number
  readonly position: number
  readonly code: string
  readonly reason: string
  readonly key: Buffer
  readonly value: Buffer
  readonly appended_at: number
  /** number of the re-run that failed, from 2 on; null: the record itself did */
  readonly attempt?: number | null
  /** dead_letter_id of the first letter about the record; null: this is the first */
  readonly origin_id?: string | null
}

/** What was done with a moment. */
export interface Decision {
  readonly decision_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly decided_at: number
  readonly moment_id: string
  readonly rule: string
  /** of the moment; a touch that is adopted from the log needs it. Unknown reads as the strictest */
  readonly purpose: 'marketing' | 'care' | 'service' | 'regulatory'
  /** recorded: a do-not-disturb moment took effect, or the moment offers nothing; withdrawn: its command was taken back, and leaves no more if nobody had claimed it */
  readonly outcome: 'command' | 'suppressed' | 'deferred' | 'recorded' | 'withdrawn'
  /** the first reason that applies */
  readonly code?: string | null
  /** all reasons that apply, in the fixed order */
  readonly codes: ReadonlyArray<string>
  /** when the reason ends, or the deferred one is judged again */
  readonly until?: number | null
  readonly channel?: 'sms' | 'ivr' | 'push' | 'desk' | 'task' | null
  readonly offer?: string | null
  /** of the offer when it was commanded; caps by category go by it */
  readonly category?: string | null
  readonly command_id?: string | null
  readonly text?: string | null
  readonly evidence: Readonly<Record<string, boolean | number | string | null>>
  /** in the order in which they were preferred; empty for what is not answered with an offer */
  readonly candidates: ReadonlyArray<DecisionCandidate>
  /** of the moment's rule */
  readonly campaign?: string | null
  /** the subscriber's, where the campaign tries any, whatever became of the moment */
  readonly variant?: string | null
  /** addressed: by the command; held-out: would have been, but for the holdout. These two are compared; null: neither */
  readonly exposure?: 'addressed' | 'held-out' | null
  readonly catalogue_version: string
  /** the consent entry that it rests on */
  readonly consent_ref?: string | null
  /** control_id of the pause that holds it back */
  readonly pause_id?: string | null
  readonly expires_at: number
  /** the subscriber's preferences that a command rests on; none are known: null */
  readonly preferences_ref?: string | null
  /** the check against the regulator's register that a command rests on */
  readonly register_ref?: string | null
  /** 1: of the moment itself; 2 and more: of another channel, as the command before didn't reach the subscriber */
  readonly attempt: number
  /** of what the holdout kept back: within what the subscriber's own doings are counted; null: they aren't */
  readonly awaits?: CommandAwaits | null
}

/** An offer through a channel that was thought of. */
export interface DecisionCandidate {
  readonly offer: string
  readonly channel: 'sms' | 'ivr' | 'push' | 'desk' | 'task'
  /** all reasons against it, in the fixed order; none: it is what was said */
  readonly codes: ReadonlyArray<string>
  /** what shows the reasons; of the one that came furthest it stands in the decision */
  readonly evidence: Readonly<Record<string, boolean | number | string | null>>
  /** expected value of saying it, in minor units of money; null: it wasn't weighed */
  readonly score?: number | null
  /** null: the probability wasn't learned */
  readonly learned?: LearnedOdds | null
}

/** How likely an acceptance was taken to be, from the prior and what was learned. */
export interface LearnedOdds {
  /** acceptances, those that the prior stands for included */
  readonly alpha: number
  /** the others */
  readonly beta: number
  /** that was reckoned with: the mean, or a sample */
  readonly probability: number
  /** it is a sample */
  readonly explored: boolean
  /** up to when outcomes were counted; null: none were */
  readonly tallied_at?: number | null
}

/** What a person did about a task, a prompt or a message that somebody wrote; withdraw: an operator cancelled its command. */
export interface DeskAct {
  readonly act_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly acted_at: number
  /** of the task or the prompt; of a reply: its event_id */
  readonly command_id: string
  /** what it was done about */
  readonly of: 'task' | 'prompt' | 'reply'
  readonly action: 'take' | 'give-back' | 'result' | 'acknowledge' | 'withdraw' | 'handle'
  /** who did it */
  readonly agent: string
  /** of a result: as the catalogue calls it */
  readonly code?: string | null
  /** of a result: what the code meant when it was given */
  readonly means?:
    | 'accepted'
    | 'intends'
    | 'refused'
    | 'opted-out'
    | 'call-back'
    | 'not-reached'
    | 'wrong-person'
    | 'follow-up'
    | 'done'
    | 'problem-user'
    | 'false-user'
    | null
  /** of a call back or a follow-up: when */
  readonly due_at?: number | null
  /** of an opt-out: through which the subscriber wants nothing */
  readonly channels: ReadonlyArray<'sms' | 'ivr' | 'push' | 'desk' | 'task'>
  readonly note?: string | null
}

/** An event later than its grace: kept, counted, without effect. */
export interface LateEvent {
  readonly late_event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly seen_at: number
  readonly topic: string
  readonly lateness_ms: number
  readonly appended_at: number
  /** the event's own bytes */
  readonly value: Buffer
}

/** A detection with its evidence. */
export interface Moment {
  readonly moment_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when the engine noticed; topics of moments merge by it */
  readonly detected_at: number
  /** event time at which the condition became true */
  readonly at: number
  /** when the log took the completing event; latency is measured from it; null for timers */
  readonly triggered_at?: number | null
  readonly rule: string
  readonly rule_version: string
  readonly kind: 'first' | 'change' | 'special' | 'do-not-disturb'
  readonly purpose: 'marketing' | 'care' | 'service' | 'regulatory'
  /** completing event, anchor of an absence, or local date; part of the id */
  readonly occurrence: string
  readonly expires_at: number
  readonly evidence: Readonly<Record<string, boolean | number | string | null>>
  readonly offers: ReadonlyArray<string>
  /** the subscriber's segment of each dimension when it fired */
  readonly segments: Readonly<Record<string, string>>
  readonly do_not_disturb?: DoNotDisturb | null
  /** shadow: of a rule on trial; recorded, never answered with a command */
  readonly mode: 'live' | 'shadow'
  /** no moment of its own: an event of the rule's until came then, and what the rule's moments from before it were told for has ended */
  readonly reason_ended_at?: number | null
}

/** Opens or closes a suppression interval. */
export interface DoNotDisturb {
  readonly phase: 'open' | 'closed'
  readonly code: 'do-not-disturb' | 'open-issue' | 'live-call'
  /** which of several intervals of this rule, e.g. the ticket */
  readonly key: string
  /** ends then at the latest */
  readonly until: number
  /** closed: an interval that was open stays so until then */
  readonly lingers_until?: number | null
  /** empty: all */
  readonly channels: ReadonlyArray<'sms' | 'ivr' | 'push' | 'desk' | 'task'>
  /** empty: as the table of codes says */
  readonly purposes: ReadonlyArray<'marketing' | 'care' | 'service' | 'regulatory'>
}

/** What a network incident means for one subscriber (fanned out before ingest). */
export interface Network {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly kind: 'outage' | 'degraded' | 'restored' | 'slow-line'
  readonly service: 'mobile' | 'broadband'
  readonly cell_id?: string | null
  readonly severity: number
  /** e.g. Mbit/s */
  readonly value?: number | null
}

/** A product order or its end. */
export interface Order {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly order_id: string
  readonly product_id: string
  readonly action: 'subscribe' | 'unsubscribe' | 'renew' | 'change'
  /** minor units */
  readonly price?: number | null
  readonly contract_end?: string | null
}

/** What the subscriber did afterwards. */
export interface Outcome {
  readonly outcome_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly occurred_at: number
  /** of what was kept back by the holdout: as the command would have been */
  readonly command_id: string
  /** exposed: it was commanded; held-out: the holdout kept it back, and the command never was; unsent: it provably didn't leave; ignored: its window is over without an answer; settled: its window is over, and the answers were said before; bought, left: what is compared with the holdout, whatever was answered */
  readonly outcome:
    | 'exposed'
    | 'unsent'
    | 'accepted'
    | 'refused'
    | 'opted-out'
    | 'ignored'
    | 'settled'
    | 'bought'
    | 'stayed'
    | 'left'
    | 'held-out'
  readonly product_id?: string | null
  readonly rule?: string | null
  readonly offer?: string | null
  readonly category?: string | null
  readonly campaign?: string | null
  readonly variant?: string | null
  readonly channel?: 'sms' | 'ivr' | 'push' | 'desk' | 'task' | null
  /** by which the offer's acceptance is looked up */
  readonly segment?: string | null
  readonly segments: Readonly<Record<string, string>>
  /** edition of the campaign whose variant it counts for */
  readonly experiment?: string | null
  /** what said so */
  readonly by?: 'reply' | 'order' | 'receipt' | null
  /** of ignored and settled: it counts for the offer's acceptance */
  readonly learn: boolean
  /** of settled: one of the answers was a yes */
  readonly accepted: boolean
  /** so long after it, what was learned from it counts half */
  readonly half_life_ms?: number | null
  /** on which side it counts where those who are addressed are held against those who are held out; null: on none */
  readonly compared_as?: 'addressed' | 'held-out' | 'held-out-of-all' | null
}

/** The profile fields which changed; null means unchanged. Addresses are split off to km.addresses. */
export interface Profile {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly plan?: string | null
  readonly plan_voice_min?: number | null
  readonly plan_data_mb?: number | null
  readonly tenure_start?: string | null
  readonly birth_date?: string | null
  /** IANA name */
  readonly time_zone?: string | null
  readonly language?: string | null
  readonly calendar?: string | null
  readonly contract_end?: string | null
  readonly products?: ReadonlyArray<string> | null
  readonly device?: string | null
  readonly network?: string | null
  /** by channel, then purpose; missing means refused */
  readonly consent?: Readonly<
    Partial<
      Record<
        'sms' | 'ivr' | 'push' | 'desk' | 'task',
        Readonly<Partial<Record<'marketing' | 'care' | 'service' | 'regulatory', Consent>>>
      >
    >
  > | null
  readonly billing_day?: number | null
  readonly payment?: 'prepaid' | 'postpaid' | null
  readonly account_id?: string | null
  readonly tags?: Readonly<Record<string, string>> | null
  readonly status?: 'active' | 'barred' | 'deactivated' | null
  /** what is not wanted, in place of what was said before: docs/contact-policy.md */
  readonly preferences?: Preferences | null
  /** whether a regulator's register lists the subscriber */
  readonly register?: RegisterCheck | null
  /** by which the subscriber has said that they want to be reached */
  readonly preferred_channel?: 'sms' | 'ivr' | 'push' | 'desk' | 'task' | null
  /** channels of which the event brought an address; the addresses themselves are in km.addresses, and this is filled in when they are split off */
  readonly addressed?: ReadonlyArray<string> | null
}

/** Consent for one channel and purpose. */
export interface Consent {
  readonly state: 'granted' | 'refused'
  readonly since: number
  readonly source: string
  readonly evidence_ref?: string | null
}

/** What the subscriber does not want to get, as a whole: it takes the place of what was said before. */
export interface Preferences {
  /** when the subscriber said so; the newest holds */
  readonly since: number
  readonly source: string
  readonly evidence_ref?: string | null
  /** none: everything is wanted again */
  readonly blocks: ReadonlyArray<PreferenceBlock>
}

/** One thing that isn't wanted: messages of these categories, through these channels, in these bands, on these days. What names none means all; a block that names nothing blocks everything. */
export interface PreferenceBlock {
  /** ids of the policy's categories */
  readonly categories: ReadonlyArray<string>
  readonly channels: ReadonlyArray<'sms' | 'ivr' | 'push' | 'desk' | 'task'>
  /** times of day where the subscriber is */
  readonly bands: ReadonlyArray<string>
  /** holiday: a day off of the subscriber's calendar */
  readonly days: ReadonlyArray<
    'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday' | 'holiday'
  >
}

/** What a regulator's register of protected subscribers said when it was asked. */
export interface RegisterCheck {
  readonly listed: boolean
  /** the newest holds */
  readonly checked_at: number
  readonly source: string
  readonly evidence_ref?: string | null
}

/** What became of a prompt for an agent in a call. */
export interface PromptNews {
  readonly news_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly at: number
  readonly command_id: string
  readonly call_id: string
  readonly phase: 'show' | 'update' | 'withdraw' | 'acknowledged' | 'outcome'
  /** who is in the call; of acknowledged and outcome: who said so */
  readonly agent?: string | null
  /** of withdraw: call-ended or no-end; of outcome: its code */
  readonly reason?: string | null
  /** of show */
  readonly content?: PromptContent | null
}

/** What the agent reads. */
export interface PromptContent {
  readonly ends_at: number
  readonly purpose: string
  readonly rule: string
  readonly offer?: string | null
  readonly text: string
  readonly language: string
  readonly happened: string
  readonly happened_at: number
  readonly evidence: Readonly<Record<string, boolean | number | string | null>>
  readonly segments: Readonly<Record<string, string>>
  readonly recommended: ReadonlyArray<PromptedOffer>
}

/** An offer that a person may speak of. */
export interface PromptedOffer {
  readonly offer: string
  /** in the language of the text */
  readonly title: string
  /** repair comes first */
  readonly step: 'repair' | 'recommend'
  /** what to say */
  readonly text: string
  /** repair: it helps and sells nothing; worth: the best of those that were weighed; listed: as the rule lists them */
  readonly why: 'repair' | 'worth' | 'listed'
  /** what it is worth to say it, in minor units of money */
  readonly score?: number | null
}

/** What the channel says became of a command. */
export interface Receipt {
  readonly receipt_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  readonly received_at: number
  readonly command_id: string
  readonly channel: 'sms' | 'ivr' | 'push' | 'desk' | 'task'
  readonly status:
    | 'accepted'
    | 'delivered'
    | 'failed'
    | 'unknown'
    | 'expired'
    | 'answered'
    | 'opened'
    | 'clicked'
    | 'replied'
  /** coded reason, e.g. no-address */
  readonly code?: string | null
  /** the channel's own words, without addresses */
  readonly detail?: string | null
  /** segments of the text */
  readonly parts?: number | null
}

/** A top-up of a prepaid balance. */
export interface Recharge {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  /** minor units */
  readonly amount: number
  /** ISO 4217 */
  readonly currency: string
  readonly method: 'app' | 'store' | 'bank' | 'voucher' | 'auto'
  /** minor units */
  readonly balance_after?: number | null
}

/** What a subscriber answered to an outreach. */
export interface Reply {
  /** unique within its source */
  readonly event_id: string
  /** pseudonym of the subscriber; the key of the topic */
  readonly subscriber_id: string
  /** when it happened */
  readonly event_time: number
  /** the system that reported it */
  readonly source: string
  readonly channel: 'sms' | 'ivr' | 'push' | 'desk' | 'task'
  readonly text?: string | null
  readonly digits?: string | null
  readonly action?: string | null
  /** command id */
  readonly in_reply_to?: string | null
}

/** What was done about a dead letter: its record is to be handled once more, or never again. */
export interface Rerun {
  /** of letter and action */
  readonly rerun_id: string
  /** of the record in hand; of a letter that has none, its own id */
  readonly subscriber_id: string
  readonly requested_at: number
  readonly action: 'rerun' | 'purge'
  readonly dead_letter_id: string
  /** dead_letter_id of the first letter about the record */
  readonly origin_id: string
  /** number of this attempt at the record; a letter about it has it too */
  readonly attempt: number
  /** the same for every copy of the record; empty for purge */
  readonly record_id: string
  /** which service is to handle it */
  readonly service: string
  /** of the record */
  readonly topic: string
  /** where the record was found */
  readonly shard: number
  readonly position: number
  readonly appended_at: number
  /** the record's own bytes; empty for purge */
  readonly value: Buffer
  /** who answers for it */
  readonly author: string
  /** why, for those who read it later */
  readonly reason: string
}

/** All that is counted of the outcomes of a shard: the newest record of a shard holds all before it. */
export interface Tally {
  /** of the shard; the key of the topic, so that compaction keeps the newest */
  readonly tally_id: string
  /** nobody's: tally_id once more */
  readonly subscriber_id: string
  readonly tallied_at: number
  readonly shard: number
  /** of km.outcomes: outcomes in front of it are counted */
  readonly position: number
  /** marks of the last outcomes: one that the log holds twice counts once */
  readonly recent: ReadonlyArray<number>
  readonly odds: ReadonlyArray<TalliedOdds>
  readonly variants: ReadonlyArray<TalliedVariant>
  readonly arms: ReadonlyArray<TalliedArm>
}

/** How often an offer was accepted. */
export interface TalliedOdds {
  readonly offer: string
  readonly channel: string
  readonly segment?: string | null
  /** as of `at`, the older ones counting less where they do */
  readonly accepted: number
  readonly others: number
  readonly at: number
  readonly half_life_ms?: number | null
}

/** What became of a variant's commands. */
export interface TalliedVariant {
  readonly campaign: string
  readonly experiment: string
  readonly variant: string
  readonly exposed: number
  readonly unsent: number
  readonly accepted: number
  readonly refused: number
  readonly opted_out: number
  readonly ignored: number
  readonly settled: number
  readonly first_at: number
  readonly last_at: number
}

/** What those did who were addressed by a campaign, or were held out of it. */
export interface TalliedArm {
  readonly campaign: string
  readonly experiment?: string | null
  readonly arm: 'addressed' | 'held-out' | 'held-out-of-all'
  /** in which it was looked at what the subscriber does */
  readonly windows: number
  readonly bought: number
  readonly refused: number
  readonly opted_out: number
  readonly left: number
  readonly first_at: number
  readonly last_at: number
}

/** What a process says of itself now and then: which version of the catalogue it has. */
export interface WorkerReport {
  readonly report_id: string
  /** no subscriber: the process, by host and process id; the key of the topic */
  readonly subscriber_id: string
  readonly reported_at: number
  /** what runs in it */
  readonly services: ReadonlyArray<string>
  /** number of the newest version that it has read */
  readonly known: number
  /** number of the version that it applies to what happens now */
  readonly active: number
  /** by number, the code for which it can't use a version */
  readonly refused: Readonly<Record<string, string>>
  /** greatest time that a shard of it has come to, milliseconds since 1970 */
  readonly clock: number
  /** the process stops in order: nobody waits for it any more */
  readonly ends: boolean
}
