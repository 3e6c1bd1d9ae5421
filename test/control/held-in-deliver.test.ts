import { expect, test } from 'vitest'
import { type DecideOutput, isDecision } from '../../services/decide/outputs.ts'
import { createDecideStep, type DecideInput } from '../../services/decide/step.ts'
import type { GiveBack } from '../../services/decide/tranches.ts'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import { createDeliverStep, type DeliverOutput } from '../../services/deliver/step.ts'
import type { StepResult } from '../../services/flow/step.ts'
import type { Command, Moment } from '../../services/records/types.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { heldByHand } from './held-by-hand.ts'

const start = Date.parse('2026-03-02T00:00:00Z')
const minute = 60_000
const hour = 60 * minute
const catalogue = catalogueWith({
  gaps: { marketing: hour },
  caps: [{ id: 'three', purposes: ['marketing'], window: { kind: 'rolling', length: 4 * hour }, most: 2 }],
  quietHours: [],
})

/** A subscriber between decide and deliver; the channel gives everything back while it is down, and takes all when it is up. */
function subscriber() {
  const decide = createDecideStep(catalogue, { holds: heldByHand(true).holds })
  const deliver = createDeliverStep({ ...deliverDefaults, providers: { sms: 'test' } })
  let deciding = decide.initial
  let delivering = deliver.initial
  let now = start
  let isUp = true
  const said: string[] = []
  const left: number[] = []
  const at = () => ({ now, clock: now })

  function decided({ state, outputs = [] }: StepResult<typeof deciding, DecideOutput, GiveBack>) {
    deciding = state
    for (const output of outputs) {
      if (isDecision(output)) said.push([output.value.outcome, output.value.code ?? ''].join(' ').trim())
      else delivered(deliver.handle(delivering, { type: 'command', value: output.value as Command }, at()))
    }
  }
  function delivered({ state, outputs = [], effects = [] }: StepResult<typeof delivering, DeliverOutput, SendEffect>) {
    delivering = state
    for (const { value } of outputs) if ('receipt_id' in value) hear({ type: 'receipt', value })
    for (const { attemptId, commandId, subscriberId } of effects) {
      if (isUp) left.push(now)
      const outcome = isUp
        ? ({ kind: 'accepted', messageIds: ['m'] } as const)
        : ({ kind: 'not-sent', code: 'channel-down', detail: null } as const)
      const result = { attemptId, commandId, subscriberId, outcome }
      const after = deliver.effectResult?.(delivering, result, at())
      if (after) delivered(after)
    }
  }
  function hear(input: DecideInput) {
    decided(decide.handle(deciding, input, at()))
  }

  const head = { event_id: 'a', subscriber_id: 's', event_time: start, source: 'crm' }
  const address = { ...head, sms: '+8613912345678', ivr: null, push: null }
  delivered(deliver.handle(delivering, { type: 'address', value: address }, at()))
  const granted = { state: 'granted' as const, since: start, source: 'crm' }
  hear({ type: 'profile', value: { ...head, consent: { sms: { marketing: granted } } } })

  return {
    said,
    left,
    turn(up: boolean) {
      isUp = up
    },
    /** Time passes, a minute at a time, and what is due in deliver is tried. */
    passTo(time: number) {
      for (; now < time; now += minute) {
        if (deliver.nextDue(delivering) <= now) delivered(deliver.timer(delivering, at()))
      }
    },
    moment(id: string) {
      const ids = { moment_id: id, occurrence: id, subscriber_id: 's', rule: 'marketing', rule_version: '1' }
      const times = { at: now, detected_at: now, triggered_at: now, expires_at: now + 10 * hour }
      const rest = {
        kind: 'change',
        purpose: 'marketing',
        mode: 'live',
        evidence: {},
        segments: {},
        offers: ['booster'],
      }
      hear({ type: 'moment', value: { ...ids, ...times, ...rest } as Moment })
    },
  }
}

test('a channel that is down for hours: what waited and what comes behind it keep their distance when they leave', () => {
  const { said, left, turn, passTo, moment } = subscriber()
  turn(false)
  for (let hours = 0; hours < 6; hours++) {
    passTo(start + hours * hour)
    moment(`down-${hours}`)
  }
  expect(said).toEqual(['command', ...Array.from({ length: 5 }, () => 'suppressed gap')])
  expect(left).toEqual([])
  turn(true)
  for (let quarter = 0; quarter <= 32; quarter++) {
    passTo(start + 6 * hour + quarter * 15 * minute)
    moment(`up-${quarter}`)
  }
  const distances = left.slice(1).map((time, i) => time - (left[i] ?? 0))
  expect(left.length).toBeGreaterThan(2)
  for (const distance of distances) expect(distance).toBeGreaterThanOrEqual(hour)
  for (const time of left) {
    expect(left.filter((other) => other > time - 4 * hour && other <= time).length).toBeLessThanOrEqual(2)
  }
})

test('a channel that stays down: what waited expires, and gives its place to what comes then', () => {
  const { said, left, turn, passTo, moment } = subscriber()
  turn(false)
  moment('a')
  passTo(start + 10 * hour)
  moment('b')
  passTo(start + 10 * hour + minute)
  moment('c')
  expect(said).toEqual(['command', 'suppressed gap', 'command'])
  expect(left).toEqual([])
})
