import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lookAgainMs } from '../../services/control/holds.ts'
import { type DecideOutput, isDecision } from '../../services/decide/outputs.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import { createDeliverStep, type DeliverOutput } from '../../services/deliver/step.ts'
import type { Step, StepResult } from '../../services/flow/step.ts'
import type { Command, Decision, Moment, Receipt } from '../../services/records/types.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { heldByHand } from './held-by-hand.ts'

const minute = 60_000
const start = Date.parse('2026-01-12T04:00:00Z')
const purposes = ['marketing', 'care', 'service', 'regulatory'] as const

const scope = fc.record({
  channel: fc.constantFrom('', 'channel=sms', 'channel=ivr'),
  purpose: fc.constantFrom('', ...purposes.map((purpose) => `purpose=${purpose}`)),
  campaign: fc.constantFrom('', '', ...purposes.map((rule) => `campaign=${rule}`)),
})
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('moment' as const), purpose: fc.constantFrom(...purposes) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pause' as const), scope }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('resume' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), rule: fc.constantFrom(...purposes) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('known' as const, 'unknown' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), most: fc.nat({ max: 3 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), most: fc.nat({ max: 3 }) }) },
)
const days = fc.array(fc.record({ after: fc.integer({ min: 0, max: 40 * minute }), action }), { maxLength: 60 })

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** A subscriber between decide, deliver and a channel that takes its time, while operators pause, resume and cancel. */
function system() {
  const hand = heldByHand()
  const { holds } = hand
  const deciding = holder(createDecideStep(catalogueWith({ quietHours: [], caps: [], gaps: {} }), { holds }))
  const delivering = holder(createDeliverStep({ ...deliverDefaults, providers: { sms: 'test' }, holds }))
  let now = start
  let acts = 0
  const open: { readonly id: string; readonly words: readonly string[] }[] = []
  let isUnknown = false
  const decisions: Decision[] = []
  const commands: Command[] = []
  const undelivered: Command[] = []
  const effects: SendEffect[] = []
  const receipts: Receipt[] = []
  const sent: { readonly effect: SendEffect; readonly at: number }[] = []
  const breaches: string[] = []
  const moments: Moment[] = []

  function decided(outputs: readonly DecideOutput[]) {
    for (const output of outputs) {
      if (isDecision(output)) decisions.push(output.value)
      else {
        commands.push(output.value as Command)
        undelivered.push(output.value as Command)
      }
    }
  }

  function delivered(result: StepResult<unknown, DeliverOutput, SendEffect>) {
    effects.push(...(result.effects ?? []))
    for (const { value } of result.outputs ?? []) {
      if (!('receipt_id' in value)) continue
      receipts.push(value)
      decided(deciding.handle({ type: 'receipt', value }, now).outputs ?? [])
    }
  }

  function fire() {
    for (const result of deciding.fire(now)) decided(result.outputs ?? [])
    for (const result of delivering.fire(now)) delivered(result)
  }

  function operator(line: string) {
    hand.act(line, now)
    fire()
  }

  /** As operators mean it, by the words of their commands alone. */
  function isMeant({ words }: { readonly words: readonly string[] }, { purpose, campaigns }: SendEffect): boolean {
    const names = new Map(words.map((word) => word.split('=') as [string, string]))
    const [channel, wanted, campaign] = ['channel', 'purpose', 'campaign'].map((name) => names.get(name))
    if (channel !== undefined && channel !== 'sms') return false
    if (wanted !== undefined && wanted !== purpose) return false
    if (campaign !== undefined && !campaigns.includes(campaign)) return false
    return purpose !== 'regulatory' || words.length === 0 || wanted === 'regulatory'
  }

  /** What the sender does at the last moment. */
  function send(effect: SendEffect) {
    const { commandId: id, campaigns, issuedAt: issued_at, channel, purpose } = effect
    const code = holds.isCancelled({ id, campaigns, issued_at })
      ? 'cancelled'
      : holds.pauseOf({ channel, purpose, campaigns })
        ? 'paused'
        : holds.isUnknown(purpose)
          ? 'pauses-unknown'
          : now >= effect.giveUpAt
            ? 'channel-down'
            : undefined
    if (code === undefined) {
      const pause = open.find((one) => isMeant(one, effect))
      if (pause) breaches.push(`${effect.text} left under ${pause.id} ${pause.words.join(' ')}`)
      if (isUnknown && (purpose === 'marketing' || purpose === 'care')) breaches.push(`${purpose} left though unknown`)
      if (now >= effect.notAfter) breaches.push('too late')
      sent.push({ effect, at: now })
    }
    const outcome =
      code === undefined
        ? ({ kind: 'accepted', messageIds: [id] } as const)
        : ({ kind: 'not-sent', code, detail: null } as const)
    const { attemptId, subscriberId } = effect
    delivered(delivering.effectResult({ attemptId, commandId: id, subscriberId, outcome }, now))
  }

  function take(given: Action) {
    switch (given.kind) {
      case 'moment': {
        const moment = momentOf(`m${moments.length}`, given.purpose, now)
        moments.push(moment)
        return decided(deciding.handle({ type: 'moment', value: moment }, now).outputs ?? [])
      }
      case 'pause': {
        const words = Object.values(given.scope).filter((word) => word !== '')
        const id = `p${acts++}`
        open.push({ id, words })
        return operator(['pause', id, ...words].join(' '))
      }
      case 'resume': {
        const [ended] = open.splice(given.which % Math.max(1, open.length), 1)
        return ended && operator(`resume ${ended.id}`)
      }
      case 'cancel':
        return operator(`cancel c${acts++} campaign=${given.rule}`)
      case 'known':
      case 'unknown':
        isUnknown = given.kind === 'unknown'
        return operator(given.kind)
      case 'deliver':
        for (const value of undelivered.splice(0, given.most)) {
          delivered(delivering.handle({ type: 'command', value }, now))
        }
        return
      case 'send':
        for (const effect of effects.splice(0, given.most)) send(effect)
    }
  }

  const consent = { state: 'granted', since: 0, source: 'crm', evidence_ref: null } as const
  const head = { event_id: 'p', subscriber_id: 's', event_time: start - 1, source: 'crm' }
  deciding.handle({ type: 'profile', value: { ...head, consent: { sms: { marketing: consent, care: consent } } } }, now)
  delivering.handle({ type: 'address', value: { ...head, sms: '+8613912345678', ivr: null, push: null } }, now)
  return {
    moments,
    decisions,
    commands,
    receipts,
    sent,
    breaches,
    pass(millis: number, given: Action | undefined) {
      now += millis
      // The sender gives back by itself what waited for the channel in vain.
      for (const effect of effects.splice(0)) {
        if (effect.giveUpAt > now) effects.push(effect)
        else send(effect)
      }
      fire()
      if (given) take(given)
    },
    /** Everything is lifted, and all comes to its end. @returns when everybody has seen that it was lifted */
    end(): number {
      for (const { id } of open.splice(0)) operator(`resume ${id}`)
      isUnknown = false
      operator('known')
      const lifted = now + lookAgainMs
      const hours = Array.from({ length: 30 }, () => 60 * minute)
      for (const wait of [lookAgainMs, ...hours]) {
        for (let rounds = 0; rounds < 5; rounds++) {
          take({ kind: 'deliver', most: 1_000 })
          take({ kind: 'send', most: 1_000 })
        }
        now += wait
        fire()
      }
      return lifted
    },
  }
}

/** A step with its state. */
function holder<State, Input, Output, Effect, Result>(step: Step<State, Input, Output, Effect, Result>) {
  let state = step.initial
  const take = (result: StepResult<State, Output, Effect>) => {
    state = result.state
    return result
  }
  return {
    handle: (input: Input, now: number) => take(step.handle(state, input, { now, clock: now })),
    effectResult(result: Result, now: number) {
      if (!step.effectResult) throw new Error('a step without effects')
      return take(step.effectResult(state, result, { now, clock: now }))
    },
    fire(now: number) {
      const results: StepResult<State, Output, Effect>[] = []
      for (let due = step.nextDue(state); due <= now; due = step.nextDue(state)) {
        results.push(take(step.timer(state, { now, clock: now })))
        if (step.nextDue(state) <= due) throw new Error(`still due at ${due}`)
      }
      return results
    },
  }
}

const momentOf = (moment_id: string, purpose: Moment['purpose'], at: number): Moment => ({
  moment_id,
  subscriber_id: 's',
  detected_at: at,
  at,
  triggered_at: at,
  rule: purpose,
  rule_version: '1',
  kind: 'change',
  purpose,
  occurrence: moment_id,
  expires_at: at + 4 * 60 * minute,
  evidence: {},
  offers: ['booster'],
  segments: {},
  mode: 'live',
})

test('nothing leaves under a pause, and what is resumed in time leaves once', () => {
  fc.assert(
    fc.property(days, (steps) => {
      const { pass, end, ...seen } = system()
      for (const { after, action: given } of steps) pass(after, given)
      const lifted = end()
      expect(seen.breaches).toEqual([])

      const { moments, decisions, commands, receipts, sent } = seen
      const last = decisions.filter(({ outcome }) => outcome !== 'deferred')
      expect(last.map(({ moment_id }) => moment_id).toSorted()).toEqual(
        moments.map(({ moment_id }) => moment_id).toSorted(),
      )
      const deferrals = decisions.filter(({ outcome }) => outcome === 'deferred')
      const pairs = deferrals.map(({ moment_id, pause_id }) => `${moment_id} ${pause_id}`)
      expect(new Set(pairs).size, 'one decision a pause').toBe(pairs.length)

      const inTime = moments.filter(({ expires_at }) => expires_at > lifted).map(({ moment_id }) => moment_id)
      const commanded = new Set(commands.map(({ moment_id }) => moment_id))
      expect(inTime.filter((id) => !commanded.has(id))).toEqual([])

      const times = new Map<string, number>()
      for (const { effect } of sent) times.set(effect.commandId, (times.get(effect.commandId) ?? 0) + 1)
      for (const { command_id, not_after } of commands) {
        const of = receipts.filter((receipt) => receipt.command_id === command_id)
        expect(of, 'one receipt a command').toHaveLength(1)
        const [{ status = '', code = null } = {}] = of
        const late = not_after > lifted ? [] : ['paused', 'pauses-unknown', 'expired']
        expect(status === 'accepted' ? [null] : ['cancelled', 'channel-down', ...late]).toContain(code)
        expect(times.get(command_id) ?? 0).toBe(status === 'accepted' ? 1 : 0)
      }
    }),
    { numRuns: 300 },
  )
})
