import type { Codec, Envelope } from '../records/codec.ts'
import type { RecordSchema } from '../records/schemas.ts'
import type { RecordTypes } from '../records/types.ts'
import type { SchemaName, Topic } from '../topology.ts'
import { DocumentEncoder, type EncodedDocument } from './document-encoder.ts'
import type { RecordView } from './event-log.ts'
import type { Stand } from './places.ts'
import type { Context, Processor } from './processor.ts'
import { StateSchemas } from './state-schemas.ts'
import type { StateWrites } from './state-store.ts'
import type { At, InputOf, LaneLoad, OutputTo, Step, StepResult } from './step.ts'

/** An input of a step: the record and its schema's name. */
export type AnyInput = { [Name in SchemaName]: InputOf<Name, RecordTypes[Name]> }[SchemaName]
/** An output of a step: a record of the topic's schema. Its `subscriber_id` is the key. */
export type AnyOutput = OutputTo<RecordTypes[SchemaName] & { readonly subscriber_id: string }>

export interface DocumentOptions<State, Effect, EffectResult> {
  readonly step: Step<State, AnyInput, AnyOutput, Effect, EffectResult>
  /** The service's input topics, in their order. */
  readonly reads: readonly Topic[]
  readonly codec: Codec
  /** Sees each output as it is emitted; for metrics. */
  readonly onOutput?: (output: AnyOutput) => void
}

interface Document<State> {
  readonly key: string
  state: State
  /** As it was when it was last encoded. */
  encoded: EncodedDocument<State> | undefined
  /** Length of the encoded state; an estimate of its weight. */
  bytes: number
  /** Since it was last looked at for eviction. */
  wasUsed: boolean
  /** Changed since it was last settled. */
  isDirty: boolean
}

interface Encoded {
  readonly key: Buffer
  readonly value: Buffer
}

/** What an object costs beside its encoded bytes, roughly: 6 times these, measured on decide's documents, and the bytes as they are kept. */
const objectFactor = 7
const objectBytes = 400

/** A processor whose states are documents: plain objects changed by a pure step, Avro-encoded for the store. */
export class DocumentProcessor<State, Effect = never, EffectResult = never> implements Processor<Effect, EffectResult> {
  readonly #options: DocumentOptions<State, Effect, EffectResult>
  readonly #schemas: StateSchemas
  readonly #encoder: DocumentEncoder<State>
  readonly #waiting = new Map<string, number>()
  /** Those that come first are looked at first when memory is short; who was used since goes behind all others. */
  readonly #documents = new Map<string, Document<State>>()
  readonly #dirty: Document<State>[] = []
  /** What they had when they were last encoded. */
  #dirtyBytes = 0
  /** Of the dirty ones, in their order; until one of them changes. */
  #encoded: readonly Encoded[] | undefined
  readonly writes: StateWrites
  #bytes = 0
  readonly #envelope: Envelope = { time: 0, subscriberStart: 0, subscriberEnd: 0 }

  constructor(options: DocumentOptions<State, Effect, EffectResult>) {
    this.#options = options
    const schema = options.step.stateSchema as RecordSchema
    this.#schemas = new StateSchemas(schema)
    this.#encoder = new DocumentEncoder<State>(schema)
    this.writes = this.#stateWrites()
  }

  get note(): string {
    return this.#schemas.note
  }

  restore(note: string): void {
    this.#schemas.restore(note)
  }

  get waiting(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#waiting)
  }

  restoreWaiting(waiting: Readonly<Record<string, number>>): void {
    for (const [lane, count] of Object.entries(waiting)) this.#waiting.set(lane, count)
  }

  isResident(key: Buffer, start: number, end: number): boolean {
    return this.#documents.has(key.toString('utf8', start, end))
  }

  admit(key: string, value: Buffer | null): void {
    if (this.#documents.has(key)) return
    const state = value ? (this.#schemas.decode(key, value) as State) : this.#options.step.initial
    this.#put(key, state, value?.length ?? 0)
  }

  /** The state of a resident subscriber, for those who only look. */
  look(key: string): State {
    return this.#documents.get(key)?.state ?? this.#options.step.initial
  }

  record(topic: number, record: RecordView, context: Context<Effect>): void {
    const { reads, codec, step } = this.#options
    const { schema } = reads[topic] as Topic
    const value = codec.decode(schema, record.value, record.valueStart, record.valueEnd)
    const key = record.key.toString('utf8', record.keyStart, record.keyEnd)
    const input = { type: schema, value } as AnyInput
    const document = this.#documentOf(key)
    this.#apply(document, step.handle(document.state, input, this.#at(context)), context)
  }

  timer(key: string, context: Context<Effect>): void {
    const { step } = this.#options
    const document = this.#documentOf(key)
    const { state } = document
    const due = step.nextDue(state)
    if (due > context.clock) {
      if (due < Number.POSITIVE_INFINITY) context.arm(key, due)
      // Who stood in line before the shard was taken over stands there again.
      if (step.inLine) context.stand?.(key, [], step.inLine(state))
      return
    }
    this.#apply(document, step.timer(state, this.#at(context)), context)
  }

  adopt(topic: Topic, record: RecordView, context: Context<Effect>): void {
    const { codec, step } = this.#options
    const value = codec.decode(topic.schema, record.value, record.valueStart, record.valueEnd)
    const key = record.key.toString('utf8', record.keyStart, record.keyEnd)
    // It was put out at its own time: not before it is it adopted, wherever the clock of the state stands.
    codec.readEnvelope(topic.schema, record.value, record.valueStart, record.valueEnd, this.#envelope)
    const { time } = this.#envelope
    const at = { ...this.#at(context), now: Math.max(context.now, time), clock: Math.max(context.clock, time) }
    const document = this.#documentOf(key)
    this.#apply(document, { state: step.adopt(document.state, { topic, value } as AnyOutput, at) }, context)
  }

  effectResult(key: string, result: EffectResult, context: Context<Effect>): void {
    const { step } = this.#options
    if (!step.effectResult) return
    const document = this.#documentOf(key)
    this.#apply(document, step.effectResult(document.state, result, this.#at(context)), context)
  }

  place(key: string, stand: Stand, context: Context<Effect>): void {
    const { step } = this.#options
    if (!step.place) return
    const document = this.#documentOf(key)
    this.#apply(document, step.place(document.state, stand, this.#at(context)), context)
  }

  settled(): void {
    for (const document of this.#dirty) document.isDirty = false
    this.#dirty.length = 0
    this.#dirtyBytes = 0
    this.#encoded = undefined
  }

  get memoryBytes(): number {
    return objectFactor * this.#bytes + objectBytes * this.#documents.size
  }

  evict(bytes: number): void {
    let left = 2 * this.#documents.size
    for (const [key, document] of this.#documents) {
      if (this.memoryBytes <= bytes || left-- === 0) return
      if (document.isDirty) continue
      this.#documents.delete(key)
      if (document.wasUsed) {
        document.wasUsed = false
        this.#documents.set(key, document)
      } else this.#bytes -= document.bytes
    }
  }

  /** Of a resident subscriber; one of a shard whose states are all in memory is new, and kept once it has something to say. */
  #documentOf(key: string): Document<State> {
    const document = this.#documents.get(key) ?? newDocument(key, this.#options.step.initial)
    document.wasUsed = true
    return document
  }

  #apply(
    document: Document<State>,
    { state, outputs = [], effects = [] }: StepResult<State, AnyOutput, Effect>,
    context: Context<Effect>,
  ): void {
    const { step, codec, onOutput } = this.#options
    const { key, state: before } = document
    // All of them before one is emitted: of what can't be encoded nothing is done.
    const records = outputs.map(({ topic, value }) =>
      codec.encode(topic as Topic & { schema: SchemaName }, value as RecordTypes[SchemaName]),
    )
    for (const [i, output] of outputs.entries()) {
      context.emit(output.topic, output.value.subscriber_id, records[i] as Buffer)
      onOutput?.(output)
    }
    for (const effect of effects) context.effect(key, effect)
    if (step.inLine) context.stand?.(key, step.inLine(before), step.inLine(state))
    if (before !== state) {
      this.#count(before, -1)
      this.#count(state, 1)
      document.state = state
      this.#encoded = undefined
      if (!document.isDirty) this.#becomeDirty(document)
    }
    const due = step.nextDue(state)
    if (due < Number.POSITIVE_INFINITY) context.arm(key, due)
  }

  #becomeDirty(document: Document<State>): void {
    document.isDirty = true
    this.#dirty.push(document)
    this.#dirtyBytes += document.bytes
    this.#documents.set(document.key, document)
  }

  #count(state: State, by: number): void {
    for (const lane of this.#options.step.waiting?.(state) ?? []) {
      const count = (this.#waiting.get(lane) ?? 0) + by
      // States of before there were counts are in none.
      if (count > 0) this.#waiting.set(lane, count)
      else this.#waiting.delete(lane)
    }
  }

  #at(context: Context<Effect>): At {
    this.#context = context
    const { now, clock, knownSince, heard } = context
    return { now, clock, knownSince, heard, lane: this.#lane }
  }

  #context: Context<Effect> | undefined
  /** Made once: it reads what is there when it is asked. */
  readonly #lane = (lane: string): LaneLoad => ({
    room: this.#context?.room?.(lane) ?? Number.POSITIVE_INFINITY,
    isClosed: this.#context?.isClosed?.(lane) ?? false,
    waiting: this.#waiting.get(lane) ?? 0,
  })

  #put(key: string, state: State, bytes: number): void {
    this.#documents.set(key, { ...newDocument(key, state), bytes })
    this.#bytes += bytes
  }

  #stateWrites(): StateWrites {
    const dirty = this.#dirty
    const bytes = () => this.#dirtyBytes
    const at = (i: number) => this.#encodeDirty()[i] as Encoded
    return {
      get count() {
        return dirty.length
      },
      get bytes() {
        return bytes()
      },
      keyLength: (i) => at(i).key.length,
      copyKey: (i, target, start) => start + at(i).key.copy(target, start),
      valueLength: (i) => at(i).value.length,
      copyValue: (i, target, start) => start + at(i).value.copy(target, start),
    }
  }

  #encodeDirty(): readonly Encoded[] {
    this.#encoded ??= this.#dirty.map((document) => ({ key: Buffer.from(document.key), value: this.#encode(document) }))
    return this.#encoded
  }

  #encode(document: Document<State>): Buffer {
    const encoded = this.#encoder.encode(this.#schemas.number, document.state, document.encoded)
    document.encoded = encoded
    this.#bytes += encoded.bytes.length - document.bytes
    document.bytes = encoded.bytes.length
    return encoded.bytes
  }
}

const newDocument = <State>(key: string, state: State): Document<State> => ({
  key,
  state,
  encoded: undefined,
  bytes: 0,
  wasUsed: true,
  isDirty: false,
})
