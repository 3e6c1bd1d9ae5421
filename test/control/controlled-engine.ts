import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import type { Command, RecordTypes } from '../../services/records/types.ts'
import { type SchemaName, type Topic, topics } from '../../services/topology.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import { type EventJson, longCall, profile, recharge } from '../integration/bad-input/events.ts'

export const actor = { author: 'night shift', reason: 'the price is wrong' }

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> & { readonly code?: string; readonly message?: string }
}

/** The whole engine on files in a folder, with the small catalogue or that of a folder, as operators see it. */
export async function controlledEngine(folder: string, catalogue?: string) {
  const engine: Engine = await startEngine({
    settings: { KEYMOMENT_DATA_DIR: folder, ...(catalogue && { KEYMOMENT_CATALOGUE_DIR: catalogue }) },
    deployables: [createDeliver(), decide, detect, createIngest()],
  })
  const { log, codec } = await engine.running.started
  const now = Date.now() - 1_000

  async function post(...events: readonly EventJson[]): Promise<void> {
    const { status, body } = await engine.post(events.map((event) => JSON.stringify(event)).join('\n'))
    if (status !== 202) throw new Error(JSON.stringify(body))
  }

  return {
    ...engine,
    /** An answer of the routes of control: by GET or, with a body, by POST. */
    async ask(path: string, body?: object): Promise<Answer> {
      const headers = { 'content-type': 'application/json' }
      const sent = body ? { method: 'POST', headers, body: JSON.stringify({ ...actor, ...body }) } : {}
      const response = await fetch(new URL(path, engine.url), sent)
      return { status: response.status, body: (await response.json()) as Answer['body'] }
    },
    /** Somebody who is reached by SMS, and wants marketing. */
    known: (who: string) =>
      post(profile(`profile-${who}`, who, now, { sms: `+8613800138${100 + Number(who.slice(2))}` })),
    /** For marketing. */
    toppedUp: (id: string, who: string) => post(recharge(id, who, Date.now())),
    /** For service. */
    calledLong: (id: string, who: string) => post(longCall(id, who, Date.now())),
    async append<Name extends SchemaName>(
      topic: Topic & { schema: Name },
      value: RecordTypes[Name] & { subscriber_id: string },
    ) {
      await log.append([{ topic: topic.name, key: value.subscriber_id, value: codec.encode(topic, value) }])
    },
    appendBytes: (topic: Topic, value: Buffer) => log.append([{ topic: topic.name, key: 'x', value }]),
    /** What became of the commands, as receipts say it at first: `id status`. */
    async outcomes(): Promise<readonly string[]> {
      const receipts = await engine.records(topics.receipts)
      const first = receipts.filter(({ status }) => status !== 'delivered')
      return first
        .map(({ command_id, status, code }) => `${command_id} ${status}${code == null ? '' : ` ${code}`}`)
        .sort()
    },
  }
}

/** A command as decide would give it, for somebody who is known. */
export const commandFor = (who: string, id: string, fields: Partial<Command> = {}): Command => ({
  command_id: id,
  subscriber_id: who,
  issued_at: Date.now(),
  outreach_id: 'o',
  moment_id: 'm',
  decision_id: 'd',
  channel: 'sms',
  purpose: 'marketing',
  rule: 'topped-up',
  text: id,
  language: 'en',
  not_after: Date.now() + 3_600_000,
  attempt: 1,
  ...fields,
})
