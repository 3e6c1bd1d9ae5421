import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Answer, DecisionAnswer } from '../../services/explain/answer.ts'
import { keymomentAt } from '../cli/keymoment.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { type Child, startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from '../tidy/sources.ts'

const anna = 'anna'
const number = '+8613912345678'
const patience = { deadlineMs: 60_000, everyMs: 100 }

/** An instant on Anna's clock. */
const at = (day: string, time: string): number => Date.parse(`2026-${day}T${time}+08:00`)

/** `npx keymoment start` under the shipped catalogue, sending by the SMSC; each time that it starts it is another day. */
async function engineOf(smsc: { readonly url: string }) {
  const folder = join(temporaryFolder(), 'data')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const keymoment = keymomentAt(url)
  let running: Child | undefined
  let events = 0
  onTestFinished(async () => void (await running?.kill('SIGKILL')))

  async function ask(): Promise<Answer | undefined> {
    const { code, stdout } = await keymoment('explain', anna, '--json')
    return code === 0 ? (JSON.parse(stdout) as Answer) : undefined
  }

  return {
    keymoment,
    /** The night is over, or a month: the engine is stopped, and comes back at that time. */
    async goesOnAt(time: number) {
      await running?.kill('SIGTERM', 60_000)
      running = await startChild(process.execPath, [join(root, 'bin', 'keymoment.js'), 'start'], {
        cwd: root,
        env: {
          KEYMOMENT_CLOCK_START: new Date(time).toISOString(),
          KEYMOMENT_DATA_DIR: folder,
          KEYMOMENT_HTTP_PORT: `${port}`,
          KEYMOMENT_CATALOGUE_WATCH: 'false',
          KEYMOMENT_SAMPLE_SUBSCRIBERS: '0',
          KEYMOMENT_SMS_CHANNEL: 'smpp',
          KEYMOMENT_SMPP_URL: smsc.url,
        },
      })
      await waitFor('readiness', async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, patience)
    },
    async happens(type: string, event_time: number, fields: object) {
      const event = { type, event_id: `e-${++events}`, subscriber_id: anna, event_time, source: 'test', ...fields }
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([event]),
      })
      expect(response.status, await response.text()).toBe(202)
    },
    /** The newest decision about a moment of the rule, once it is as it should be, by `keymoment explain`. */
    decided: (rule: string, outcome: string, isThere: (decision: DecisionAnswer) => boolean = () => true) =>
      waitFor(
        `${rule}: ${outcome}`,
        async () => {
          const moment = (await ask())?.moments.find((one) => one.rule === rule)
          const decision = moment?.decisions.at(-1)
          return decision?.outcome === outcome && isThere(decision) ? { moment, decision } : undefined
        },
        patience,
      ),
    state: ask,
  }
}

/** An answer is to be known before time goes on. */
const isDelivered = ({ delivery }: DecisionAnswer) =>
  delivery?.receipts.some(({ status }) => status === 'accepted' || status === 'delivered') === true

test('a life: an offer, a no, the second round, silence, the third, a yes, a purchase and how it goes', {
  timeout: 600_000,
}, async () => {
  const smsc = await startSmsc()
  const engine = await engineOf(smsc)
  const answersOf = async () => (await engine.state())?.decide?.answers
  const why = async (rule: string) => (await engine.keymoment('explain', anna, '--rule', rule)).stdout

  await engine.goesOnAt(at('03-02', '11:00:00'))
  const entry = { state: 'granted', since: at('01-01', '00:00:00'), source: 'crm', evidence_ref: 'paper-1' }
  await engine.happens('profile', at('03-02', '11:00:00'), {
    language: 'en',
    time_zone: 'Asia/Shanghai',
    birth_date: '1990-05-05',
    status: 'active',
    products: [],
    consent: { sms: { marketing: entry, care: entry } },
    addresses: { sms: number },
    tags: { campus_nights_28d: '15' },
  })
  const first = await engine.decided('campus-circle', 'command', isDelivered)
  expect(first.decision).toMatchObject({ channel: 'sms', offer: 'campus-vnet', consent_ref: 'paper-1' })
  expect(await why('campus-circle')).toContain('offer campus-vnet, resting on consent paper-1; accepted 2026-03-02')

  smsc.messageFrom(number, 'NO')
  await waitFor('the no', async () => (await answersOf())?.some(({ refused }) => refused), patience)
  expect(await why('second-round')).toMatch(/waits: reply where .* must stay away until 2026-04-01 11:0\d:/)

  // Something else that would be offered, while marketing rests.
  await engine.goesOnAt(at('03-06', '15:00:00'))
  const order = { order_id: 'o-1', product_id: 'music', action: 'subscribe', price: 800 }
  await engine.happens('order', at('03-06', '15:00:00'), order)
  const rests = await engine.decided('vas-ordered', 'suppressed')
  expect(rests.decision).toMatchObject({ code: 'cooling', until: expect.stringMatching(/^2026-04-01T03:0\d:/) })
  expect(await why('vas-ordered')).toMatch(
    /suppressed by cooling at .* until 2026-04-01 11:0\d:.*: id after-a-no, of all, refusals 1, last refused 2026-03-02/,
  )

  // The grace of an answer that is under way is ten minutes.
  await engine.goesOnAt(at('04-01', '11:10:10'))
  const second = await engine.decided('second-round', 'command', isDelivered)
  expect(second.decision).toMatchObject({ channel: 'sms', offer: 'larger-discount' })
  const secondly = await why('second-round')
  expect(secondly).toMatch(/step refused: met at 2026-03-02 11:0\d:/)
  expect(secondly).toContain('refusals_90d = 1 answers')
  expect(await why('third-round')).toMatch(/waits: .* must stay away until 2026-05-01 11:0\d:/)

  await engine.goesOnAt(at('05-01', '11:10:10'))
  const third = await engine.decided('third-round', 'command', isDelivered)
  expect(third.decision).toMatchObject({ channel: 'sms', offer: 'best-discount' })
  expect(await why('third-round')).toContain('days_since_refusal = 60 days')

  smsc.messageFrom(number, 'YES')
  await waitFor('the yes', async () => (await answersOf())?.some(({ refused }) => !refused), patience)
  expect((await answersOf())?.find(({ refused }) => !refused)).toMatchObject({ offer: 'best-discount' })
  await engine.happens('order', at('05-01', '11:10:15'), { ...order, order_id: 'o-2', product_id: 'plan-5g' })
  await waitFor('the purchase', async () => (await engine.state())?.decide?.products.includes('plan-5g'), patience)
  expect(await why('bought-follow-up')).toMatch(/waits: .* until 2026-05-08 11:10:15/)

  await engine.goesOnAt(at('05-08', '11:20:20'))
  const followed = await engine.decided('bought-follow-up', 'command', isDelivered)
  expect(followed.decision).toMatchObject({ channel: 'sms', offer: 'buyer-follow-up' })
  expect(await why('bought-follow-up')).toMatch(/fired at 2026-05-08 11:10:15.*\nits moment was commanded by sms/)

  // Nobody heard anything else, and nothing twice.
  await smsc.tookAtLeast(4)
  const heard = smsc.taken().map(({ text }) => text)
  expect(heard).toHaveLength(4)
  const words = ['Free calls on campus', 'half price for 6 months', 'half price for 12 months', 'A week with your']
  for (const [i, some] of words.entries()) expect(heard[i]).toContain(some)
})
