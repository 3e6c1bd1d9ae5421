import { expect, test } from 'vitest'
import { type DecideOutput, isDecision } from '../../services/decide/outputs.ts'
import { createDecideStep, type DecideInput } from '../../services/decide/step.ts'
import type { GiveBack } from '../../services/decide/tranches.ts'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import { createDeliverStep, type DeliverOutput } from '../../services/deliver/step.ts'
import type { StepResult } from '../../services/flow/step.ts'
import type { Command, Moment, Profile } from '../../services/records/types.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { heldByHand } from './held-by-hand.ts'

/**
 * A subscriber between decide and deliver, each hearing the other at once: what was stopped before it left gives its place under
 * the cap back, by its receipt and by nothing else.
 */
const start = Date.parse('2026-03-02T04:00:00Z')
const minute = 60_000
const one = {
  id: 'yearly',
  purposes: ['marketing' as const],
  window: { kind: 'civil' as const, unit: 'year' as const },
  most: 1,
}
const plain = catalogueWith({ caps: [one], gaps: {}, quietHours: [] })
/** The marketing rule is one of a campaign of another name. */
const catalogue: Catalogue = {
  ...plain,
  ruleset: {
    ...plain.ruleset,
    rules: plain.ruleset.rules.map((rule) => (rule.id === 'marketing' ? { ...rule, campaign: 'spring' } : rule)),
  },
  campaigns: [{ id: 'spring', title: { en: 'Spring' }, salt: 's', experiment: 'first', holdout: 0, variants: [] }],
}

function subscriber() {
  const [forDecide, forDeliver] = [heldByHand(true), heldByHand(true)]
  const decide = createDecideStep(catalogue, { holds: forDecide.holds })
  const deliver = createDeliverStep({ ...deliverDefaults, providers: { sms: 'test' }, holds: forDeliver.holds })
  let deciding = decide.initial
  let delivering = deliver.initial
  let now = start
  const told: string[] = []
  const effects: SendEffect[] = []
  const at = () => ({ now, clock: now })

  function decided({ state, outputs = [] }: StepResult<typeof deciding, DecideOutput, GiveBack>) {
    deciding = state
    for (const output of outputs) {
      if (!isDecision(output))
        delivered(deliver.handle(delivering, { type: 'command', value: output.value as Command }, at()))
      else told.push([output.value.outcome, output.value.moment_id, output.value.code ?? ''].join(' ').trim())
    }
  }
  function delivered({
    state,
    outputs = [],
    effects: sends = [],
  }: StepResult<typeof delivering, DeliverOutput, SendEffect>) {
    delivering = state
    effects.push(...sends)
    for (const { value } of outputs) {
      if (!('receipt_id' in value)) continue
      told.push(['receipt', value.status, value.code ?? ''].join(' ').trim())
      hear({ type: 'receipt', value })
    }
  }
  function hear(input: DecideInput) {
    decided(decide.handle(deciding, input, at()))
  }
  /** What an operator does; deliver may hear of it before decide does. */
  function operator(line: string, hands = [forDecide, forDeliver]) {
    for (const hand of hands) hand.act(line, now)
    if (decide.nextDue(deciding) <= now) decided(decide.timer(deciding, at()))
    if (deliver.nextDue(delivering) <= now) delivered(deliver.timer(delivering, at()))
    now += minute
  }

  const address = { event_id: 'a', subscriber_id: 's', event_time: start, source: 'crm', sms: '+8613912345678' }
  delivered(deliver.handle(delivering, { type: 'address', value: { ...address, ivr: null, push: null } }, at()))
  const granted = { state: 'granted' as const, since: start, source: 'crm' }
  profile({ consent: { sms: { marketing: granted } } })

  function profile(fields: Partial<Profile>) {
    hear({
      type: 'profile',
      value: { event_id: `p${now}`, subscriber_id: 's', event_time: now, source: 'crm', ...fields },
    })
    now += minute
  }
  function moment(id: string) {
    const ids = { moment_id: id, occurrence: id, subscriber_id: 's', rule: 'marketing', rule_version: '1' }
    const times = { at: now, detected_at: now, triggered_at: now, expires_at: now + 600 * minute }
    const rest = { kind: 'change', purpose: 'marketing', mode: 'live', evidence: {}, segments: {}, offers: ['booster'] }
    hear({ type: 'moment', value: { ...ids, ...times, ...rest } as Moment })
    now += minute
  }
  return {
    told,
    effects,
    profile,
    moment,
    operator,
    /** What is commanded waits in deliver, unclaimed. */
    stopDeliver: () => operator('pause p1', [forDeliver]),
    onlyDeliver: (line: string) => operator(line, [forDeliver]),
    commandId: () => deciding.touches.at(-1)?.command_id ?? '',
    reply(text: string) {
      const about = {
        event_id: `r${now}`,
        subscriber_id: 's',
        event_time: now,
        source: 'deliver',
        channel: 'sms' as const,
      }
      hear({ type: 'reply', value: { ...about, text, digits: null, action: null, in_reply_to: null } })
      now += minute
    },
  }
}

test.each([
  ['by its id', (id: string) => `cancel c1 command=${id}`],
  ['with its rule', () => 'cancel c1 campaign=marketing'],
  ['with its campaign', () => 'cancel c1 campaign=spring'],
])('a command that waits in deliver and is cancelled %s gives its place under the cap back', (_, line) => {
  const { told, effects, moment, operator, stopDeliver, commandId } = subscriber()
  stopDeliver()
  moment('a')
  moment('b')
  expect(told.splice(0)).toEqual(['command a', 'suppressed b cap'])
  operator(line(commandId()))
  expect(told.splice(0)).toEqual(['receipt failed cancelled'])
  moment('c')
  expect(told).toEqual(['command c'])
  expect(effects).toEqual([])
})

test('a command that is claimed is cancelled too late, and keeps its place', () => {
  const { told, effects, moment, operator, commandId } = subscriber()
  moment('a')
  operator(`cancel c1 command=${commandId()}`)
  moment('b')
  expect(told).toEqual(['command a', 'suppressed b cap'])
  expect(effects).toHaveLength(1)
})

test('consent withdrawn while a command waits: it is taken back, and its receipt alone gives the place back', () => {
  const { told, effects, moment, operator, stopDeliver, profile, reply } = subscriber()
  stopDeliver()
  moment('a')
  reply('stop')
  operator('resume p1')
  expect(told.splice(0)).toEqual(['command a', 'withdrawn a consent', 'receipt failed withdrawn'])
  expect(effects).toEqual([])
  profile({ consent: { sms: { marketing: { state: 'granted', since: start + 60 * minute, source: 'app' } } } })
  moment('b')
  expect(told).toEqual(['suppressed b consent'])
})

test.each([
  ['marketing', true],
  ['spring', true],
  ['summer', false],
])('a pause of the campaign as %s holds moments of its rules: %s', (name, isHeld) => {
  const { told, effects, moment, operator } = subscriber()
  operator(`pause p1 campaign=${name}`)
  moment('a')
  expect(told).toEqual([isHeld ? 'deferred a paused' : 'command a'])
  operator('resume p1')
  expect(told.at(-1)).toBe('command a')
  expect(effects).toHaveLength(1)
})

test.each(['marketing', 'spring'])(
  'a command that came before decide heard of the pause waits in deliver: %s',
  (name) => {
    const { told, effects, moment, operator, onlyDeliver } = subscriber()
    onlyDeliver(`pause p1 campaign=${name}`)
    moment('a')
    expect(told).toEqual(['command a'])
    expect(effects).toEqual([])
    operator('resume p1')
    expect(effects).toHaveLength(1)
  },
)
