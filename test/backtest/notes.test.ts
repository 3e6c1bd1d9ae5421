import { expect, test } from 'vitest'
import { recharge } from '../integration/bad-input/events.ts'
import { at, tryOut } from './trial.ts'

const first = `\
id: first-top-up
moment: first
title: { en: The first top-up }
on: recharge
when: event.amount > 0
once: lifetime
history: { warm_up: 2d }
expires: 1d
purpose: service
offers: [thanks]
`

test('first times of whom the record has just begun to show may be old habits: they are not counted, and that is said', async () => {
  const candidate = { 'rules/first.yaml': first }
  const events = [
    recharge('old', 'ann', at('01T09:00')),
    recharge('again', 'ann', at('04T09:00')),
    recharge('new', 'bob', at('05T09:00')),
    recharge('later', 'bob', at('09T09:00')),
  ]
  const cold = await tryOut({ events, candidate })
  expect(cold.rules.find(({ rule }) => rule === 'first-top-up')).toMatchObject({ candidate: 0 })
  expect(cold.notes).toMatchObject([
    { code: 'KM_BACKTEST_WARM_UP', message: expect.stringContaining('first-top-up: what happened before') },
  ])
  const warm = await tryOut({ events, candidate, period: { warmUp: 2 * 86_400_000 } })
  expect(warm.rules.find(({ rule }) => rule === 'first-top-up')).toMatchObject({ candidate: 0 })
  expect(warm.notes).toEqual([])
})

test('what comes too late changes nothing, and is counted', async () => {
  const events = [recharge('r1', 'ann', at('02T12:00')), recharge('r2', 'ann', at('02T11:49'))]
  const { late_events, total } = await tryOut({ events })
  expect(late_events).toEqual({ present: 1, candidate: 1 })
  expect(total.present).toBe(1)
})
