import { type Static, Type } from 'typebox'
import { type EventType, eventTypes } from '../topology.ts'
import { linksSection } from './links-schema.ts'
import { pushSection } from './push-schema.ts'
import { count, failShare, secret, section } from './schema-parts.ts'

const messageIds = (where: string) =>
  Type.Union([Type.Literal('text'), Type.Literal('hex'), Type.Literal('decimal')], {
    default: 'text',
    description: `how the SMSC writes message ids in ${where}: as it likes, or as a number; some write the same one in two ways, e.g. hex here and decimal there`,
  })

const key = (value: string, description: string) => Type.String({ pattern: '^[0-9]?$', default: value, description })

const grace = Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000, description: 'milliseconds' }))
const graces = Object.fromEntries(eventTypes.map((type) => [type, grace])) as Record<EventType, typeof grace>

/** Every setting, its unit, its default and what it is for. The reference in the documents is made from it. */
export const settingsSchema = Type.Object(
  {
    data_dir: Type.String({ default: './data', description: "folder of the embedded engine's files" }),
    shards: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 4096,
        description: 'partitions of every topic; fixed when a system is created (default: embedded 4, on Kafka 64)',
      }),
    ),
    http: section(
      {
        host: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
        port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080, description: '0: any free port' }),
        body_bytes_max: count(16 * 1_048_576, 'largest batch of events, in bytes; larger ones get 413'),
        waiting_bytes_max: count(
          64 * 1_048_576,
          'bytes of batches that wait for the log; beyond it senders get 429 and are to wait',
        ),
      },
      'the HTTP interface',
    ),
    kafka: section(
      {
        brokers: Type.Array(Type.String({ pattern: '^[^\\s,]+:[0-9]{1,5}$', description: 'host:port' }), {
          default: [],
          description: 'host:port of some brokers; none: the embedded log',
        }),
        prefix: Type.String({
          default: '',
          maxLength: 64,
          description: 'put before the names of topics and groups, where several systems share a cluster',
        }),
        client_id: Type.String({ default: 'keymoment', description: 'name shown by the brokers' }),
        replication_factor: Type.Integer({
          minimum: -1,
          default: -1,
          description: "of topics that are created; -1: the broker's default",
        }),
        start_within_ms: Type.Integer({
          minimum: 1_000,
          maximum: 600_000,
          default: 15_000,
          description:
            'milliseconds for which commands wait at their start for brokers that are away, or busy with topics that are created; services begin again after it',
        }),
        session_timeout_ms: Type.Integer({
          minimum: 1_000,
          maximum: 300_000,
          default: 10_000,
          description:
            "milliseconds after which the shards of a process that gives no sign pass to others; within the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms",
        }),
      },
      'the distributed log',
    ),
    log: section(
      {
        retention_ms: Type.Integer({
          minimum: -1,
          default: 604_800_000,
          description: 'of the embedded log, and on Kafka of topics that are created; -1: for ever',
        }),
      },
      'the log of events, embedded or Kafka',
    ),
    redis: section(
      {
        url: secret('redis://[user:password@]host:port[,host:port…]; needed with kafka.brokers'),
        prefix: Type.String({
          default: '',
          maxLength: 64,
          pattern: '^[^{}]*$', // braces would choose the slot of a Cluster
          description: 'put before every key, where several systems share the servers; without { and }',
        }),
        cluster: Type.Boolean({ default: false, description: 'the URL names nodes of a Redis Cluster' }),
        replicas: Type.Integer({
          minimum: -1,
          default: -1,
          description:
            'replicas that must have a commit before its outputs leave, whatever happens to them; -1: one, as long as Redis has any that answers',
        }),
        allow_unsafe: Type.Boolean({
          default: false,
          description:
            'start although Redis may evict keys, has no append-only file or forbids INFO (then no replica is waited for but a demanded number)',
        }),
      },
      'the distributed state store',
    ),
    schema_registry: section(
      {
        url: secret(
          'http[s]://[user:password@]host:port of a Confluent-compatible API; without it ids come from the embedded registry',
        ),
      },
      'schema ids',
    ),
    catalogue: section(
      {
        dir: Type.String({
          default: '',
          description: 'folder of factors, rules, offers, policy; empty: the shipped one',
        }),
        watch: Type.Boolean({ default: true, description: 'publish changed files of the folder while running' }),
        removal_wait_ms: count(
          10_000,
          'milliseconds for which a watched file must stay as it is before rules and others that are gone from it are withdrawn: it may be saved half',
          0,
        ),
        lead_ms: count(
          5_000,
          'milliseconds between the publication of a version and the time at which it becomes active: every process must have it by then',
          0,
        ),
      },
      'the rules',
    ),
    events: section(
      {
        grace_ms: Type.Object(graces, {
          additionalProperties: false,
          default: {},
          description: 'by event type, how late an event may be (default 600000, ten minutes)',
        }),
        future_tolerance_ms: count(300_000, 'an event stamped further ahead of its arrival is a dead letter', 0),
        feed_pause_ms: count(
          10_000,
          'real milliseconds of silence after which the clock of a shard no longer waits for a feed whose newest events came later than their grace (it catches up, or history is imported); 0: never waits',
          0,
        ),
      },
      'time of events',
    ),
    sms: section(
      {
        channel: Type.Union([Type.Literal('sandbox'), Type.Literal('smpp'), Type.Literal('webhook')], {
          default: 'sandbox',
          description:
            'sandbox shows messages instead of sending them; smpp sends them through smpp.url; webhook hands them to webhook.url',
        }),
        sandbox_delay_ms: count(
          300,
          'after which the sandboxes report delivery, and after which phones answer calls at which nobody is',
          0,
        ),
        sandbox_keep: count(500, 'messages that the sandboxes show, of all channels together'),
        sandbox_fail_share: failShare,
      },
      'outreach by SMS',
    ),
    push: pushSection,
    ivr: section(
      {
        channel: Type.Union([Type.Literal('off'), Type.Literal('sandbox'), Type.Literal('esl')], {
          default: 'off',
          description:
            'off: nothing is said by voice; sandbox calls the phones of the sandbox (docs/sandbox.md); esl calls through the FreeSWITCH of ivr.url',
        }),
        sandbox_fail_share: failShare,
        url: secret('esl://:password@host:port of the event socket'),
        dial: Type.String({
          default: 'sofia/gateway/carrier/{number}',
          pattern: '^[^\\s,{}]*\\{number\\}[^\\s,{}]*$',
          description: 'whom the switch is asked to call; {number} stands for the number without its plus sign',
        }),
        caller_id: Type.String({
          default: '',
          pattern: '^\\+?[0-9]{0,15}$',
          description: 'number that is shown to the called',
        }),
        lines: count(10, 'calls at once, at most'),
        per_second: count(2, 'calls begun a second, at most'),
        ring_ms: count(
          30_000,
          'how long a phone rings, at most; one of the sandbox as long as somebody is at it (docs/sandbox.md)',
          1_000,
        ),
        call_max_ms: count(180_000, 'how long a call takes once it is answered, at most', 1_000),
        busy_times: count(3, 'times that a phone is called which is busy or off, at most'),
        busy_pause_ms: count(600_000, 'before a phone is called again that was busy or off', 1_000),
        prompts: Type.String({
          default: '',
          pattern: "^[^\\s']*$",
          description: 'folder of the recordings on the switch; empty: where its own sounds are',
        }),
        wrong_key: Type.String({
          default: 'invalid.wav',
          pattern: "^[^\\s']+$",
          description: 'recording that is played after a wrong key',
        }),
        speech_engine: Type.String({
          default: '',
          pattern: '^[A-Za-z0-9_-]*$',
          description: 'tts_engine of the switch; empty: as it is set up',
        }),
        speech_voice: Type.String({
          default: '',
          pattern: '^[A-Za-z0-9_-]*$',
          description: 'tts_voice of the switch; empty: as it is set up',
        }),
        times: count(2, 'times that a message is said when the key is wrong or none, at most'),
        key_wait_ms: count(5_000, 'for a key, behind the message', 1_000),
        keys: section(
          {
            accept: key('1', 'accepts the offer'),
            refuse: key('2', 'refuses it'),
            call_back: key('3', 'asks to be called back by somebody'),
            stop: key('9', 'wants no more of this by voice'),
            agent: key('', 'is put through to ivr.agent'),
          },
          'keys and what they mean; empty: no key means it',
        ),
        agent: Type.String({
          default: '',
          pattern: '^[A-Za-z0-9_ -]*$',
          description: "where ivr.keys.agent leads: an extension of the switch's dialplan",
        }),
      },
      'outreach by voice',
    ),
    smpp: section(
      {
        url: secret('smpp://user:password@host:port; ssmpp:// for TLS'),
        ca_file: Type.String({
          default: '',
          description:
            "file of the certificates (PEM) by which the SMSC's own is checked, e.g. /etc/keymoment/smsc-ca.pem; empty: those that Node knows",
        }),
        system_type: Type.String({
          default: '',
          maxLength: 12,
          description: "as the operator asks for it, e.g. SMPP; most don't",
        }),
        bind: Type.Union([Type.Literal('transceiver'), Type.Literal('pair')], {
          default: 'transceiver',
          description:
            'transceiver: each bind sends and is told; pair: a transmitter sends, and a receiver beside it is told of receipts and messages',
        }),
        binds: count(1, 'binds, or pairs of them, at once'),
        sender: Type.String({
          default: 'Keymoment',
          description:
            'as whose messages are shown whose campaign names no sender: a number with its plus sign, a short code of 3 to 15 digits, or a name of at most 11 letters, digits, spaces and &.-_, e.g. 10086',
        }),
        long_texts: Type.Union([Type.Literal('segments'), Type.Literal('payload')], {
          default: 'segments',
          description:
            'segments: long texts are sent in parts that the phone puts together; payload: as a whole in message_payload, and the SMSC makes the parts',
        }),
        per_second: count(100, 'messages a second, at most, through all binds together'),
        window: count(50, 'messages sent and not yet answered, at most, on each bind'),
        answer_ids: messageIds('answers to messages, and receipted_message_id'),
        receipt_ids: messageIds('the text of receipts'),
        country: Type.String({
          default: '',
          pattern: '^([A-Z]{2})?$',
          description:
            'ISO 3166 country as whose numbers those of replies are read that are not written internationally, e.g. CN; empty: numbers of unknown type are read as international ones, and others are not understood',
        }),
      },
      "the operator's SMSC",
    ),
    webhook: section(
      {
        url: secret('https://host/path of the gateway; it may hold a token'),
        secret: secret('key of the signatures, both ways; 16 characters or more'),
        per_second: count(50, 'messages a second, at most'),
        connections: count(20, 'messages handed over and not yet answered, at most'),
        answer_ms: count(30_000, 'how long an answer may take', 100),
        allow_private: Type.Boolean({
          default: false,
          description: 'also to addresses that are not public: of this machine, of private networks',
        }),
      },
      'an HTTP gateway for messages',
    ),
    links: linksSection,
    secret: secret(
      'key of the keyed hash of addresses, 16 characters or more; empty: made once and kept in data_dir (embedded only)',
    ),
    flow: section(
      {
        group_records: count(32_000, 'records after which a group is committed, at the latest'),
        group_ms: count(20, 'milliseconds after which a group that puts nothing out is committed'),
        proof_ms: count(
          10_000,
          'milliseconds without anything to commit after which a shard looks whether the store still has its state',
        ),
        queue_records: count(20_000, 'records of a topic that wait in a shard'),
        memory_mb: count(256, 'state that a shard keeps in memory, in MiB'),
      },
      'the runtime',
    ),
    clock: section(
      {
        start: Type.String({
          default: '',
          description: 'ISO-8601; with factor: a demonstration clock that begins then',
        }),
        factor: Type.Number({
          minimum: 1,
          maximum: 100_000,
          default: 1,
          description: 'speed of the demonstration clock; needs clock.start',
        }),
      },
      'the time of day',
    ),
    sample: section(
      {
        subscribers: Type.Integer({
          minimum: 0,
          default: 0,
          description: 'feed a sample stream of so many subscribers (`npm start`: 20000); 0: none',
        }),
        seed: Type.Integer({ default: 20260101, description: 'of the sample stream' }),
      },
      'the demonstration',
    ),
    log_level: Type.Union(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map((level) => Type.Literal(level)),
      { default: 'info', description: 'least level that is logged' },
    ),
  },
  { additionalProperties: false, description: 'Settings of Keymoment' },
)

export type Settings = Static<typeof settingsSchema>
