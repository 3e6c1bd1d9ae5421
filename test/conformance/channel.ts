import { beforeEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../services/deliver/channel.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import { senderDefaults } from '../../services/deliver/sender.ts'
import type { Command } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { effectOf, startSender } from '../deliver/sender-under-test.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import type { ChannelCounterpart, ChannelFixture } from './channel-counterpart.ts'
import { crashPoints } from './crash-points.ts'
import { startLife } from './deliver-life.ts'

/** Counterparts are given up after seconds: what is still waited for then is waited for without end. For a machine that is busy. */
const boundedMs = 60_000
/** What is handed over has reached the counterpart after that, busy as it may be. */
const inFlightMs = 500

type Verb = Exclude<keyof ChannelCounterpart, 'open' | 'taken' | 'accept'>

/**
 * Declares the tests of the Channel port for one adapter, against its counterpart. `can`: the verbs that the counterpart has;
 * tests that need others are left out.
 */
export function channelConformance(title: string, fixture: ChannelFixture, can: readonly Verb[]): void {
  describe(`the channel port: ${title}`, { timeout: 240_000 }, () => {
    let counterpart: ChannelCounterpart
    let made = 0
    beforeEach(async () => {
      counterpart = await fixture.start()
    })
    type Declare = (name: string, run: () => Promise<void>) => void
    const needs = (...verbs: readonly Verb[]): Declare =>
      verbs.every((verb) => can.includes(verb)) ? test : () => undefined
    const verb = <Name extends Verb>(name: Name): NonNullable<ChannelCounterpart[Name]> => {
      const found = counterpart[name]
      if (!found) throw new Error(`the counterpart has no '${name}'`)
      return found
    }
    const open = (settings = fixture.sender) => startSender(counterpart.open, { settings, name: fixture.name })
    const effect = (changes: Partial<SendEffect> = {}) => {
      const address = fixture.addressOf(made++)
      return effectOf(`message ${made}`, { channel: fixture.name, address, ...changes })
    }
    const takenOf = ({ text }: { readonly text: string }) => counterpart.taken().filter((one) => one.text === text)
    const codeOf = (outcome: Outcome) => ('code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind)
    /** What is said of a message agrees with what the counterpart has of it; of what it took that tells a moment after its answer. */
    async function expectHonest(sent: SendEffect, outcome: Outcome): Promise<void> {
      if (outcome.kind === 'accepted') await waitFor('its word', () => takenOf(sent).length > 0)
      const count = takenOf(sent).length
      if (outcome.kind === 'accepted') expect(count).toBe(1)
      else if (outcome.kind !== 'unknown') expect(count).toBe(0)
      expect(count).toBeLessThanOrEqual(1)
    }

    test('takes each message once, with a width that is kept, and says nothing of addresses and texts', async () => {
      const { sender, lines } = open()
      const effects = Array.from({ length: 30 }, () => effect({ giveUpAt: Date.now() + 120_000 }))
      const results = await Promise.all(effects.map((one) => sender.send(one)))
      expect(results.map(({ outcome }) => outcome.kind)).toEqual(effects.map(() => 'accepted'))
      await waitFor('all to be taken', () => counterpart.taken().length >= effects.length)
      expect(
        counterpart
          .taken()
          .map(({ text }) => text)
          .toSorted(),
      ).toEqual(effects.map(({ text }) => text).toSorted())
      expect(new Set(counterpart.taken().map(({ address }) => address)).size).toBe(effects.length)
      for (const line of lines)
        for (const { address, text } of effects) {
          expect(line).not.toContain(address.slice(1))
          expect(line).not.toContain(text)
        }
      // Who has been called is still talked to.
      await waitFor('its places to be free', () => sender.places() === sender.placesMax)
    })

    needs('refuse')('refused is said of what did not leave and never will', async () => {
      const { sender } = open()
      await verb('refuse')()
      const one = effect()
      const { outcome } = await sender.send(one)
      expect(codeOf(outcome)).toMatch(/^refused /)
      await expectHonest(one, outcome)
    })

    needs('throttle')('what is throttled leaves once it may, or is given back as not sent', async () => {
      const { sender } = open()
      await verb('throttle')()
      const one = effect({ giveUpAt: Date.now() + 3_000 })
      const sending = sender.send(one)
      await new Promise((resolve) => setTimeout(resolve, 150))
      await counterpart.accept()
      const { outcome } = await sending
      expect(['accepted', 'not-sent']).toContain(outcome.kind)
      await expectHonest(one, outcome)
    })

    needs('throttle')('nothing leaves at not_after or later, however soon it may', async () => {
      const { sender } = open()
      await verb('throttle')()
      const notAfter = Date.now() + 300
      const one = effect({ notAfter, giveUpAt: notAfter })
      const sending = sender.send(one)
      // What was handed over shortly before may be with a busy counterpart still: it left in time, and is to be throttled as well.
      await waitFor('the end of its time', () => Date.now() > notAfter + inFlightMs)
      await counterpart.accept()
      const { outcome } = await sending
      expect(outcome.kind).toBe('not-sent')
      expect(takenOf(one)).toEqual([])
      const late = effect({ notAfter: Date.now(), giveUpAt: Date.now() + 1_000 })
      expect((await sender.send(late)).outcome.kind).toBe('not-sent')
      const inTime = effect({ notAfter: Date.now() + 2_000, giveUpAt: Date.now() + 2_000 })
      expect((await sender.send(inTime)).outcome.kind).toBe('accepted')
      expect(takenOf(late)).toEqual([])
    })

    test.for((['trouble', 'vanish'] as const).filter((name) => can.includes(name)))(
      '%s: what cannot leave comes back soon, and the circuit opens',
      async (name) => {
        const { sender } = open({
          ...(fixture.sender ?? senderDefaults),
          breaker: { failures: 3, halfOpenAfterMs: 300 },
        })
        await waitFor('the channel', () => sender.health().ready)
        await verb(name)()
        const patient = () => effect({ giveUpAt: Date.now() + 3_600_000 })
        const tried = [patient(), patient(), patient()]
        for (const one of tried)
          expect(codeOf((await sender.send(one)).outcome)).toMatch(
            /^(not-sent (channel-down|provider-trouble)|unknown connection-lost)$/,
          )
        expect([sender.circuit(), sender.places()]).toEqual(['open', 0])
        await counterpart.accept()
        await waitFor('a message that is taken', async () => (await sender.send(effect())).outcome.kind === 'accepted')
        expect(tried.flatMap(takenOf)).toEqual([])
      },
    )

    needs('hang')(
      'a counterpart that hangs leaves an unknown outcome within its time, and is not asked twice',
      async () => {
        const { sender } = open()
        await waitFor('the channel', () => sender.health().ready)
        await verb('hang')()
        const began = performance.now()
        const one = effect()
        const { outcome } = await sender.send(one)
        expect(performance.now() - began).toBeLessThan(boundedMs)
        expect(outcome.kind).toBe('unknown')
        await waitFor('its word', () => takenOf(one).length > 0)
        expect(takenOf(one)).toHaveLength(1)
        expect(sender.load().inside).toBe(0)
      },
    )

    needs('dropAfterSubmit')('a connection that is lost after the submit leaves an unknown outcome', async () => {
      const { sender } = open()
      await waitFor('the channel', () => sender.health().ready)
      await verb('dropAfterSubmit')()
      const one = effect()
      expect((await sender.send(one)).outcome.kind).toBe('unknown')
      await counterpart.accept()
      const next = effect()
      expect((await sender.send(next)).outcome.kind).toBe('accepted')
      await waitFor('the words', () => takenOf(next).length > 0)
      expect(takenOf(one)).toHaveLength(1)
    })

    needs('garbage')('garbage costs what was under way its answer at most, and not the channel', async () => {
      const { sender } = open()
      await waitFor('the channel', () => sender.health().ready)
      await verb('garbage')()
      const during = effect()
      await expectHonest(during, (await sender.send(during)).outcome)
      await waitFor('a message that is taken', async () => (await sender.send(effect())).outcome.kind === 'accepted')
      expect(takenOf(during).length).toBeLessThanOrEqual(1)
    })

    needs('hangUp')('an idle connection that is lost is found again', async () => {
      const { sender } = open()
      await waitFor('the channel', () => sender.health().ready)
      await verb('hangUp')()
      const one = effect()
      const { outcome } = await sender.send(one)
      await expectHonest(one, outcome)
      await waitFor('the channel again', () => sender.health().ready)
    })

    const causes = fixture.isLostByHanging ? (['trouble'] as const) : (['hang', 'trouble'] as const)
    test.for(causes.filter((name) => can.includes(name)))(
      '%s: the circuit opens, lets one through to try, and closes when it is answered',
      async (cause) => {
        const breaker = { failures: 3, halfOpenAfterMs: 300 }
        const { sender } = open({ ...(fixture.sender ?? senderDefaults), breaker })
        await waitFor('the channel', () => sender.health().ready)
        await verb(cause)()
        for (let i = 0; i < 3; i++) await sender.send(effect())
        expect([sender.circuit(), sender.places(), sender.health().ready]).toEqual(['open', 0, false])
        const held = effect()
        expect(codeOf((await sender.send(held)).outcome)).toBe('not-sent channel-down')

        await waitFor('its being half open', () => sender.circuit() === 'half-open')
        expect(sender.places()).toBe(1)
        const tries = [effect(), effect(), effect()]
        const outcomes = (await Promise.all(tries.map((one) => sender.send(one)))).map(({ outcome }) => outcome.kind)
        expect(outcomes.toSorted()).toEqual(['not-sent', 'not-sent', cause === 'hang' ? 'unknown' : 'not-sent'])
        expect(sender.places()).toBe(0)

        await counterpart.accept()
        await waitFor('its being half open again', () => sender.places() === 1)
        await waitFor('an answer', async () => (await sender.send(effect())).outcome.kind === 'accepted')
        expect(sender.circuit()).toBe('closed')
        await waitFor('all places', () => sender.places() === sender.placesMax)
        expect(takenOf(held)).toEqual([])
      },
    )

    test('after the abort nothing new leaves, and what was given is answered', async () => {
      const { sender } = open()
      const before = effect()
      const sending = sender.send(before)
      await sender.drain()
      await expectHonest(before, (await sending).outcome)
      const after = effect()
      expect(codeOf((await sender.send(after)).outcome)).toBe('not-sent stopping')
      expect(sender.places()).toBe(0)
      await sender.stop()
      expect(takenOf(after)).toEqual([])
    })

    needs('hang')('draining is bounded, though the counterpart hangs', async () => {
      const { sender } = open()
      await waitFor('the channel', () => sender.health().ready)
      await verb('hang')()
      const one = effect()
      const sending = sender.send(one)
      await waitFor('its word', () => takenOf(one).length > 0)
      const began = performance.now()
      await sender.drain()
      await sender.stop()
      expect(performance.now() - began).toBeLessThan(boundedMs)
      expect((await sending).outcome.kind).toBe('unknown')
    })

    needs('receiptsAfter')('delivery is told once, however late it is reported', async () => {
      const { sender, receipts } = open()
      verb('receiptsAfter')(300)
      const one = effect()
      await sender.send(one)
      await waitFor('the receipt', () => receipts().some(({ status }) => status === 'delivered'))
      expect(receipts().map(({ command_id, status }) => `${command_id} ${status}`)).toEqual([
        `${one.commandId} delivered`,
      ])
    })

    needs('receipt')('the same receipt twice is one, and one of an unknown id is nobody’s', async () => {
      const { sender, receipts, appended, lines } = open()
      const one = effect()
      const { outcome } = await sender.send(one)
      const [messageId = ''] = outcome.kind === 'accepted' ? outcome.messageIds : []
      for (const id of [messageId, 'of-nobody', messageId]) verb('receipt')(id, one.address)
      await waitFor('the receipts', () => receipts().length > 0)
      const next = effect()
      await sender.send(next)
      verb('receipt')(messageId, one.address)
      await waitFor('both', () => appended.length >= 1 && takenOf(next).length > 0)
      expect(receipts().filter(({ command_id }) => command_id === one.commandId)).toHaveLength(1)
      for (const { command_id } of receipts()) expect([one.commandId, next.commandId]).toContain(command_id)
      expect(lines.filter((line) => line.includes('KM_DELIVER_RECEIPT_UNKNOWN'))).toHaveLength(1)
    })

    needs('reply')('a reply names the command that it answers; one from an unknown address is nobody’s', async () => {
      const { sender, appended, lines } = open()
      const one = effect()
      await sender.send(one)
      verb('reply')(fixture.addressOf(9_999), 'who is this')
      verb('reply')(one.address, 'yes')
      const replies = () => appended.flatMap((value) => ('in_reply_to' in value ? [value] : []))
      await waitFor('the reply', () => replies().length > 0)
      expect(replies()).toMatchObject([{ in_reply_to: one.commandId, subscriber_id: one.subscriberId, text: 'yes' }])
      await waitFor('the log', () => lines.join('').includes('KM_DELIVER_SENDER_UNKNOWN'))
      expect(lines.join('')).not.toContain('who is this')
    })

    needs('refuse', 'reply')('an answer is to what left last, and not to what was refused behind it', async () => {
      const { sender, appended } = open()
      const one = effect()
      await sender.send(one)
      await verb('refuse')()
      const other = effect({ address: one.address, subscriberId: one.subscriberId })
      expect(codeOf((await sender.send(other)).outcome)).toMatch(/^refused /)
      verb('reply')(one.address, 'yes')
      const replies = () => appended.flatMap((value) => ('in_reply_to' in value ? [value] : []))
      await waitFor('the reply', () => replies().length > 0)
      expect(replies()).toMatchObject([{ in_reply_to: one.commandId, text: 'yes' }])
    })

    const points = crashPoints.filter((point) => point !== 'between the send and its answer' || can.includes('hang'))
    describe.each(points)('after a crash %s', (point) => {
      test('marketing left at most once, and what may have left ends as unknown', async () => {
        const { commandId, receipts } = await liveTwice('marketing')
        await waitFor('its end', async () => (await receipts()).length > 0, { deadlineMs: 100_000 })
        const isSent = point === 'between the send and its answer' || point === 'between the answer and the receipt'
        expect(counterpart.taken()).toHaveLength(isSent ? 1 : 0)
        // The provider may tell of its delivery all the same.
        const ends = ['unknown no-result', ...(isSent ? [fixture.toldLater ?? 'delivered null'] : [])]
        for (const { command_id, status, code } of await receipts()) {
          expect(command_id).toBe(commandId)
          expect(ends).toContain(`${status} ${code}`)
        }
      })

      test('what serves is sent until it is accepted, or known to have come to its end', async () => {
        const { commandId, receipts } = await liveTwice('service')
        const ends = ['accepted null', 'delivered null', fixture.toldLater]
        const hasCome = async () => (await receipts()).some(({ status, code }) => ends.includes(`${status} ${code}`))
        await waitFor('its being accepted', hasCome, { deadlineMs: 100_000 })
        expect(counterpart.taken().length).toBeGreaterThanOrEqual(1)
        expect((await receipts()).every(({ command_id }) => command_id === commandId)).toBe(true)
      })

      /** One command: the first life ends at the point, the second goes on. */
      async function liveTwice(purpose: Command['purpose']) {
        const folder = temporaryFolder()
        const first = await startLife(folder, fixture, counterpart, point)
        if (point === 'between the send and its answer') await verb('hang')()
        const subscriber_id = 'anna'
        const address = fixture.addressOf(1)
        const event = { event_id: 'a', subscriber_id, event_time: 1, source: 'crm' }
        await first.append(topics.addresses, Object.assign(event, addresses(fixture, address)))
        const command = commandOf(fixture, purpose)
        await first.append(topics.commands[fixture.name], command)
        const isHanging = point === 'between the send and its answer'
        await (isHanging
          ? waitFor('the send', () => counterpart.taken().length > 0, { deadlineMs: 100_000 })
          : first.reached)
        await first.crash()
        await counterpart.accept()
        const second = await startLife(folder, fixture, counterpart)
        // Whoever reads from further back, or is told twice, changes nothing.
        await second.append(topics.commands[fixture.name], command)
        return { commandId: command.command_id, receipts: () => second.read(topics.receipts) }
      }
    })
  })
}

const commandOf = ({ name }: ChannelFixture, purpose: Command['purpose']): Command => ({
  command_id: `${name}-${purpose}`,
  subscriber_id: 'anna',
  issued_at: Date.now(),
  outreach_id: 'o',
  moment_id: 'm',
  decision_id: 'd',
  channel: name,
  purpose,
  rule: 'r',
  text: 'a message',
  language: 'en',
  not_after: Date.now() + 600_000,
  attempt: 1,
})

function addresses({ name }: ChannelFixture, address: string) {
  const [provider = '', ...token] = address.split(':')
  const nowhere = { sms: null, ivr: null, push: null }
  return name === 'push'
    ? { ...nowhere, push: [{ provider, token: token.join(':') }] }
    : { ...nowhere, [name]: address }
}
