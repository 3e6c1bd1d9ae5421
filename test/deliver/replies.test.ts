import { expect, test } from 'vitest'
import { startSmsc } from '../counterparts/smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSmppSender } from './sender-under-test.ts'

const number = '+8613912345678'
const later = Date.now() + 3_600_000

/** Sends what is given to the number, in order; then these replies come. */
async function answer(sent: readonly { readonly asksUntil: number; readonly who?: string }[], ...texts: string[]) {
  const smsc = await startSmsc()
  const { sender, appended } = startSmppSender(smsc.url)
  const effects = sent.map(({ asksUntil, who = 'anna' }) =>
    effectOf('a message', { address: number, subscriberId: who, awaitedUntil: asksUntil }),
  )
  for (const effect of effects) await sender.send(effect)
  for (const text of texts) smsc.messageFrom(number, text)
  const replies = () => appended.flatMap((value) => ('in_reply_to' in value ? [value] : []))
  await waitFor('the replies', () => replies().length === texts.length)
  const place = (id: string | null | undefined) => effects.findIndex(({ commandId }) => commandId === id) + 1
  return texts.map((text) => {
    const reply = replies().find((one) => one.text === text)
    return `${reply?.action ?? 'not understood'}, to ${place(reply?.in_reply_to)}`
  })
}

test('what a reply means is said in it, in whatever language it was written', async () => {
  const texts = ['NO', '不要', '1', '好', 'yes please', '拒收', 'Arret!', '退订谢谢', 'why?']
  const expected = [
    'refused',
    'refused',
    'accepted',
    'accepted',
    'not understood',
    ...Array(3).fill('opted-out'),
    'not understood',
  ]
  expect(await answer([{ asksUntil: later }], ...texts)).toEqual(expected.map((action) => `${action}, to 1`))
})

test.each([
  ['the offer before a notice', [{ asksUntil: later }, { asksUntil: 0 }], 'accepted, to 1'],
  ['the last of two offers', [{ asksUntil: later }, { asksUntil: later }], 'accepted, to 2'],
  ['the notice, where the time of the offer is over', [{ asksUntil: 1 }, { asksUntil: 0 }], 'accepted, to 2'],
  ['the newest, where nothing was asked', [{ asksUntil: 0 }, { asksUntil: 0 }], 'accepted, to 2'],
  [
    'nothing that was said to whoever had the number before',
    [{ asksUntil: later, who: 'ben' }, { asksUntil: 0 }],
    'accepted, to 2',
  ],
])('a 1 accepts %s', async (_, sent, expected) => {
  expect(await answer(sent, '1')).toEqual([expected])
})

test('to opt out is an answer to what came last', async () => {
  expect(await answer([{ asksUntil: later }, { asksUntil: 0 }], 'STOP')).toEqual(['opted-out, to 2'])
})
