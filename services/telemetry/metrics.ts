import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Metrics of this process, in base units. Names are part of the contract. */
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [registry] })
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  return {
    registry,
    memory: new Gauge({
      name: 'keymoment_memory_bytes',
      help: 'Memory of this process: resident; heap, what V8 holds for objects, and heap_used, what of it they have; buffers outside the heap.',
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        const { rss, heapTotal, heapUsed, arrayBuffers } = process.memoryUsage()
        const kinds = { resident: rss, heap: heapTotal, heap_used: heapUsed, buffers: arrayBuffers }
        for (const [kind, bytes] of Object.entries(kinds)) this.set({ kind }, bytes)
      },
    }),
    events: counter('keymoment_events_total', 'Events that detect handled, by type.', ['type']),
    moments: counter('keymoment_moments_total', 'Moments of live rules, by kind and rule.', ['kind', 'rule']),
    shadowMoments: counter(
      'keymoment_shadow_moments_total',
      'Moments of rules on trial, which are never sent, by rule.',
      ['rule'],
    ),
    commands: counter('keymoment_commands_total', 'Commands, by channel.', ['channel']),
    suppressions: counter('keymoment_suppressions_total', 'Moments that were kept back, by reason.', ['code']),
    receipts: counter('keymoment_receipts_total', 'What became of commands, by channel and status.', [
      'channel',
      'status',
    ]),
    deadLetters: counter('keymoment_dead_letters_total', 'Records that could not be handled, by reason.', ['reason']),
    failingTimers: gauge(
      'keymoment_failing_timers',
      'Subscribers whose timer throws: it is a dead letter, and is tried again ever more seldom.',
      ['service', 'shard'],
    ),
    late: counter('keymoment_late_events_total', 'Events later than their grace, by type.', ['type']),
    duplicates: counter('keymoment_duplicate_events_total', 'Events that came again.', []),
    dropped: counter('keymoment_detect_dropped_total', 'What detect let go of, by reason.', ['reason']),
    ingested: counter('keymoment_ingested_events_total', 'Events accepted over HTTP, by type.', ['type']),
    refused: counter('keymoment_refused_batches_total', 'Batches refused over HTTP, by reason.', ['reason']),
    retries: counter('keymoment_retries_total', 'Attempts to reach something outside that failed, by reason.', [
      'service',
      'code',
    ]),
    shardsWaiting: gauge('keymoment_shards_waiting', 'Shards of this process that do not work, by reason.', [
      'service',
      'code',
    ]),
    adopted: counter('keymoment_adopted_outputs_total', 'Own outputs found on the log at a take-over.', ['service']),
    eventToCommand: new Histogram({
      name: 'keymoment_event_to_command_seconds',
      help: 'From the arrival of the completing event on the log to the command.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers: [registry],
    }),
    commit: new Histogram({
      name: 'keymoment_commit_seconds',
      help: 'Time until a group was durable, by service.',
      labelNames: ['service'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    }),
    lag: gauge('keymoment_shard_lag_records', 'Records on the log that a shard has not handled yet.', [
      'service',
      'shard',
    ]),
    topicLag: gauge(
      'keymoment_topic_lag_records',
      'Records on the log that the shards of this process have not handled yet, by topic.',
      ['service', 'topic'],
    ),
    topicLagSeconds: gauge(
      'keymoment_topic_lag_seconds',
      'How long the oldest record that waits in a shard has been on the log.',
      ['service', 'topic'],
    ),
    feedDelay: gauge(
      'keymoment_feed_delay_seconds',
      'From the time of the last record that was handled to its arrival on the log: how late its source is.',
      ['service', 'topic', 'shard'],
    ),
    unheard: gauge(
      'keymoment_unheard_seconds',
      'Since when what lies on the log for the service upstream has not been heard of; above 0 marketing and care wait.',
      ['service', 'shard'],
    ),
    mergeBuffers: gauge('keymoment_merge_buffer_bytes', 'Bytes that were read from the log and are not yet handled.', [
      'service',
    ]),
    reruns: counter(
      'keymoment_reruns_total',
      "Dead letters' records that were handled once more, by what came of it.",
      ['service', 'outcome'],
    ),
    channelQueue: gauge(
      'keymoment_channel_queue',
      'Commands of this process that wait: for a pause to end, held back in the state, queued for the way in, or inside.',
      ['channel', 'urgency', 'where'],
    ),
    channelBreaker: gauge(
      'keymoment_channel_breaker',
      'Circuit of a channel in this process: 0 closed, all leave; 1 half-open, one leaves to try it; 2 open, none leaves.',
      ['channel'],
    ),
    channelOutcomes: counter(
      'keymoment_channel_outcomes_total',
      'Sends that channels have answered, by outcome and code; those not sent are tried again.',
      ['channel', 'outcome', 'code'],
    ),
    channelTold: counter(
      'keymoment_channel_told_total',
      'What channels told later, by kind; the code says why it led to no receipt or reply. A receipt that waited for its submit counts again.',
      ['channel', 'kind', 'code'],
    ),
    channelSend: new Histogram({
      name: 'keymoment_channel_send_seconds',
      help: 'From the claim of a command to its being accepted by the provider.',
      labelNames: ['channel'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers: [registry],
    }),
    shed: counter(
      'keymoment_shed_commands_total',
      'Commands that were given up as too many waited for their channel.',
      ['channel'],
    ),
    linkCalls: counter(
      'keymoment_link_calls_total',
      'Calls of links in messages, by what the link tells and what came of it.',
      ['kind', 'outcome'],
    ),
    pauses: gauge('keymoment_pauses', 'Pauses in force, by what they hold; an empty label: any.', [
      'channel',
      'purpose',
      'campaign',
    ]),
    pausesUnknown: gauge(
      'keymoment_pauses_unknown',
      '1 while this process does not know what is paused: marketing and care wait.',
      [],
    ),
    outcomes: counter('keymoment_outcomes_total', 'What became of commands, by channel and outcome.', [
      'channel',
      'outcome',
    ]),
    variantsStopped: gauge(
      'keymoment_variants_stopped',
      '1 for each variant of a campaign that a guardrail has stopped.',
      ['campaign', 'variant'],
    ),
    inboxOpen: gauge(
      'keymoment_inbox_open',
      'Messages of subscribers that are to be read by people, and were not yet.',
      [],
    ),
    pausedMoments: gauge('keymoment_paused_moments', 'Moments of this process that wait for a pause to end.', []),
    budgetAmount: gauge('keymoment_budget_amount', 'What there is of a budget in the present period.', ['budget']),
    budgetPaced: gauge('keymoment_budget_paced', 'What of it may have been granted by now.', ['budget']),
    budgetGranted: gauge('keymoment_budget_granted', 'What of it was granted, without what was given back.', [
      'budget',
    ]),
    budgetSpent: gauge(
      'keymoment_budget_spent',
      'What of it was spent: by this process as of now, by others as they said last.',
      ['budget'],
    ),
    catalogue: gauge('keymoment_catalogue_info', 'Version of the catalogue in use (value 1).', ['version']),
    catalogueVersion: gauge(
      'keymoment_catalogue_version',
      'Number of the version of the catalogue that this process applies to what happens now.',
      ['version', 'worker'],
    ),
    catalogueRefused: counter(
      'keymoment_catalogue_refused_total',
      'Catalogues that were refused, by way in and reason.',
      ['source', 'code'],
    ),
    catalogueLate: counter(
      'keymoment_catalogue_late_activations_total',
      'Shards that heard of a version of the catalogue after its time, by service.',
      ['service'],
    ),
  }
}
