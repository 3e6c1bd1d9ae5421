import { decide } from '../../services/decide/service.ts'
import { createDesk } from '../../services/desk/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import type { Deployable } from '../../services/platform/deployable.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import type { EventJson } from '../integration/bad-input/events.ts'
import { catalogueFolder } from '../integration/bad-input/small-catalogue.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Nothing in it depends on the time of day. */
const files = {
  'policy.yaml': `\
default_time_zone: Europe/Berlin
default_language: en
quiet_hours: []
caps: []
gaps: {}
replies: { en: { refuse: ["NO"] } }
cooling: [{ id: same-offer, of: offer, for: 30d }]
human_channels:
  teams:
    - { id: best, title: { en: Best team }, hours: "00:00-24:00", days: every-day }
    - { id: rest, title: { en: All others }, hours: "09:00-18:00" }
  tiers:
    - { tasks: [talk], tier: priority }
    - { tier: secondary }
  routing:
    - { tasks: [talk], team: best }
    - { team: rest }
  tasks:
    - { id: talk, title: { en: Talk }, due: { working: 4h }, closes_after: 2d, script: { en: Good day! } }
    - { id: letter, title: { en: Letter }, due: 1d, attempts_most: 1, results: [done, refused] }
`,
  'rules/rules.yaml': `\
- id: topped-up
  moment: change
  title: { en: A top-up }
  on: recharge
  when: event.amount >= 5000
  purpose: marketing
  expires: 1h
  offers: [plan-talk, plan-sms]
- id: large-bill
  moment: change
  title: { en: A large bill }
  on: bill
  when: event.amount >= 5000
  purpose: service
  expires: 1h
  offers: [write-to]
- id: hotline-call
  moment: do-not-disturb
  title: { en: In a call }
  open: { on: contact, where: 'phase in ["ringing", "connected"]' }
  close: { on: contact, where: phase == "ended" }
  key: call_id
  longest: 2h
  code: live-call
- id: called-us
  moment: change
  title: { en: Is calling us }
  on: contact
  when: event.phase == "connected"
  once: 1h
  purpose: service
  expires: 1h
  offers: [plan-sms, repair]
`,
  'offers/offers.yaml': `\
- { id: plan-talk, title: { en: A better plan }, channels: [task], task: talk, message: { en: "A better plan for you. Reply STOP to opt out." } }
- { id: plan-sms, title: { en: The same by message }, kind: data, channels: [desk], message: { en: "A better plan is there for you." } }
- { id: write-to, title: { en: A letter }, channels: [task], task: letter, message: { en: We write to you. } }
- { id: repair, title: { en: Repair }, kind: service-action, channels: [desk], message: { en: We repair your line. } }
`,
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> & { readonly code?: string; readonly message?: string }
}

/** The engine on files in a folder, with people, as they see it. */
export async function deskEngine(folder = temporaryFolder(), more: readonly Deployable[] = []) {
  const engine: Engine = await startEngine({
    settings: { KEYMOMENT_DATA_DIR: folder, KEYMOMENT_CATALOGUE_DIR: await catalogueFolder(files) },
    deployables: [createDesk(), decide, detect, createIngest(), ...more],
  })
  await engine.running.started
  const now = () => Date.now() - 1_000
  let events = 0

  async function post(type: string, subscriber_id: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const event_time = new Date(now()).toISOString()
    const event: EventJson = {
      type,
      event_id: `e-${++events}-${event_time}`,
      subscriber_id,
      event_time,
      source: 'test',
      ...fields,
    }
    const { status, body } = await engine.post(JSON.stringify(event))
    if (status !== 202) throw new Error(JSON.stringify(body))
  }
  const granted = { state: 'granted', since: '2026-01-01T00:00:00Z', source: 'shop' }

  return {
    ...engine,
    post,
    /** By GET or, with a body, by POST. */
    async ask(path: string, body?: object): Promise<Answer> {
      const headers = { 'content-type': 'application/json' }
      const sent = body ? { method: 'POST', headers, body: JSON.stringify(body) } : {}
      const response = await fetch(new URL(path, engine.url), sent)
      return { status: response.status, body: (await response.json()) as Answer['body'] }
    },
    /** Somebody whom people may speak to about offers. */
    known: (who: string) =>
      post('profile', who, { consent: { task: { marketing: granted }, sms: { marketing: granted } } }),
    toppedUp: (who: string) => post('recharge', who, { amount: 5_000, currency: 'EUR', method: 'app' }),
    billed: (who: string) =>
      post('bill', who, { period: '2026-10', amount: 9_000, currency: 'EUR', due: '2026-12-01', status: 'issued' }),
    call: (who: string, call_id: string, phase: string, agent_id?: string) =>
      post('contact', who, { call_id, phase, line: 'hotline', ...(agent_id !== undefined && { agent_id }) }),
  }
}

export type DeskEngine = Awaited<ReturnType<typeof deskEngine>>
