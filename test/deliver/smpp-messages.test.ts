import { expect, test } from 'vitest'
import { startSmsc } from '../counterparts/smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSmppSender } from './sender-under-test.ts'

test.each([
  [null, '10086', '3/1'],
  ['MyOperator', 'MyOperator', '5/0'],
  ['+861008611', '861008611', '1/1'],
  ['95566', '95566', '3/1'],
])('a campaign whose sender is %s is shown as %s of type %s', async (sender, source, source_type) => {
  const smsc = await startSmsc()
  await startSmppSender(smsc.url).sender.send(effectOf('hello', { sender }))
  await smsc.tookAtLeast(1)
  expect(smsc.submits()).toMatchObject([{ source, source_type }])
})

test.each([
  ['marketing', 0],
  ['care', 0],
  ['service', 1],
  ['regulatory', 1],
] as const)('%s has the priority %i', async (purpose, priority) => {
  const smsc = await startSmsc()
  await startSmppSender(smsc.url).sender.send(effectOf('hello', { purpose }))
  await smsc.tookAtLeast(1)
  expect(smsc.submits()).toMatchObject([{ priority }])
})

test('the SMSC may try as long as the message may leave, a minute at least and two days at most', async () => {
  const smsc = await startSmsc()
  const { sender } = startSmppSender(smsc.url)
  const hour = 3_600_000
  const lives = [20_000, hour - 1_000, 10 * 24 * hour]
  for (const life of lives) await sender.send(effectOf('hello', { notAfter: Date.now() + life }))
  await smsc.tookAtLeast(3)
  const periods = smsc.submits().map(({ validity_period }) => validity_period)
  expect(periods[0]).toBe('000000000100000R')
  expect(periods[1]).toMatch(/^00000000(59|58)\d\d000R$/)
  expect(periods[2]).toBe('000002000000000R')
})

test('as payload a long text is one submit, without a header, and one receipt is its end', async () => {
  const smsc = await startSmsc()
  const { sender, receipts } = startSmppSender(smsc.url, { longTexts: 'payload' })
  const texts = ['Your plan ends soon {renew} for 10€. '.repeat(12), '生日快乐🎂'.repeat(30), 'short']
  const effects = texts.map((text) => effectOf(text))
  for (const effect of effects) expect((await sender.send(effect)).outcome.kind).toBe('accepted')
  await smsc.tookAtLeast(3)
  expect(smsc.submits().flatMap(({ flaws }) => flaws)).toEqual([])
  expect(smsc.submits().map(({ text, payload, esm_class, udh }) => ({ text, payload, esm_class, udh }))).toEqual([
    { text: texts[0], payload: 1, esm_class: 0, udh: '' },
    { text: texts[1], payload: 1, esm_class: 0, udh: '' },
    { text: 'short', payload: 0, esm_class: 0, udh: '' },
  ])
  await waitFor('the receipts', () => receipts().length === 3)
})

test.each(['segments', 'payload'] as const)(
  'a text of 2,000 characters is refused before anything leaves (%s)',
  async (longTexts) => {
    const smsc = await startSmsc()
    const { sender } = startSmppSender(smsc.url, { longTexts })
    const { outcome } = await sender.send(effectOf('x'.repeat(2_000)))
    expect(outcome).toEqual({ kind: 'refused', code: 'text-too-long', detail: null })
    expect((await sender.send(effectOf('next'))).outcome.kind).toBe('accepted')
    await smsc.tookAtLeast(1)
    expect(smsc.submits().map(({ text }) => text)).toEqual(['next'])
  },
)

test('half a PDU, and what comes behind it, cost the bind', async () => {
  const smsc = await startSmsc()
  const { sender, lines } = startSmppSender(smsc.url, { enquireLinkMs: 50, answerTimeoutMs: 500 })
  await waitFor('the bind', () => sender.health().ready)
  smsc.half()
  await waitFor('the loss', () => lines.join('').includes('SMSC lost'))
  expect(lines.join('')).toContain('KM_SMPP_UNAVAILABLE')
  await waitFor('a message that it accepts', async () => {
    const { outcome } = await sender.send(effectOf('hello again'))
    return outcome.kind === 'accepted'
  })
  await smsc.tookAtLeast(1)
  expect(new Set(smsc.taken().map(({ text }) => text))).toEqual(new Set(['hello again']))
})
