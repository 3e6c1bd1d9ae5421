import { describe, expect, test } from 'vitest'
import type { ProviderReceipt } from '../../services/deliver/channel.ts'
import { createIntake } from '../../services/deliver/intake.ts'
import { optOutsAlone } from '../../services/domain/reply-words.ts'
import { part, receipt } from './parts-and-receipts.ts'
import { captureLog, openEdge } from './sender-under-test.ts'

/** Plays what the channel tells, in order: `+1` part 1 accepted, `1:delivered` its receipt. */
async function play(parts: number, events: string): Promise<string[]> {
  const told: string[] = []
  const append = async ({ value }: Parameters<Parameters<typeof createIntake>[0]['append']>[0]) => {
    if ('status' in value) told.push(`${value.status}${value.code ? ` ${value.code}` : ''}`)
  }
  const clock = { now: () => 1_000, caughtUpTo: () => 1_000, millisUntil: () => 0, millisSince: () => 0 }
  const intake = createIntake({
    channel: 'sms',
    provider: 'smpp',
    edge: openEdge(),
    append,
    words: () => optOutsAlone,
    clock,
    log: captureLog().log,
    count: () => undefined,
  })
  for (const event of events.split(' ')) {
    const [number, state] = event.split(':')
    if (state === undefined) await intake.accepted(part(Number(event), parts))
    else await intake.receipt(receipt(Number(number), state as ProviderReceipt['state']))
  }
  return told
}

describe('receipts', () => {
  test.each([
    // parts  what comes, in order                            what is told
    [1, '+1 1:delivered', ['delivered']],
    [1, '1:delivered +1', ['delivered']],
    [1, '1:delivered', []],
    [1, '+1 1:under-way 1:delivered', ['delivered']],
    [1, '1:under-way +1', []],
    [1, '+1 1:undelivered', ['failed undelivered']],
    [1, '+1 1:rejected', ['failed rejected']],
    [1, '+1 1:expired', ['failed validity-expired']],
    [1, '+1 1:deleted', ['failed deleted']],
    [1, '+1 1:unknown', ['unknown state-unknown']],
    [2, '+1 +2 1:delivered', []],
    [2, '+1 +2 1:delivered 1:delivered', []],
    [2, '+1 +2 2:delivered 1:delivered', ['delivered']],
    [2, '+1 1:delivered 2:delivered +2', ['delivered']],
    [2, '+1 +2 1:delivered 2:undelivered', ['failed undelivered']],
    [3, '+1 +2 3:delivered 2:delivered +3 1:delivered', ['delivered']],
    [1, '+1 9:delivered', []],
  ])('of %i parts: %s', async (parts, events, told) => {
    expect(await play(parts, events)).toEqual(told)
  })
})
