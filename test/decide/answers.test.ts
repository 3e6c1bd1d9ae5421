import { describe, expect, it } from 'vitest'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { commandOfMoment, play, timeOf } from './timeline.ts'

const day = 86_400_000
const open = { caps: [], gaps: {}, quietHours: [] }

/** The booster is sold as product `boost`, and answers to it are awaited for two days. */
const catalogue: Catalogue = {
  ...catalogueWith(open),
  offers: catalogueWith().offers.map((offer) =>
    offer.id === 'booster' ? { ...offer, product: 'boost', repeatable: true, answerWithin: 2 * day } : offer,
  ),
}

/** What a timeline tells of commands: `MM-DD hh:mm kind moment`. */
function told(timeline: string, moments: readonly string[] = ['a', 'b']) {
  const { outcomes } = play(timeline, { catalogue })
  return outcomes.map(({ outcome, command_id, occurred_at, by }) => {
    const at = new Date(occurred_at + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')
    const moment = moments.find((id) => commandOfMoment(id) === command_id)
    return [at, outcome, moment, ...(by ? [`by ${by}`] : [])].join(' ')
  })
}

describe('what became of a command', () => {
  it.each`
    what                                       | happens                                                                     | comes
    ${'nothing'}                               | ${['03-04 12:01  -']}                                                       | ${['03-04 12:01 ignored a']}
    ${'a yes'}                                 | ${['03-02 13:00  reply yes to=a']}                                          | ${['03-02 13:00 accepted a by reply', '03-04 12:01 settled a']}
    ${'a no'}                                  | ${['03-02 13:00  reply no to=a']}                                           | ${['03-02 13:00 refused a by reply', '03-04 12:01 settled a']}
    ${'an opt-out that names nothing'}         | ${['03-02 13:00  reply STOP']}                                              | ${['03-02 13:00 opted-out a by reply', '03-04 12:01 settled a']}
    ${'an order of the product'}               | ${['03-03 09:00  order boost']}                                             | ${['03-03 09:00 accepted a by order', '03-04 12:01 settled a']}
    ${'an order of another product'}           | ${['03-03 09:00  order other']}                                             | ${['03-04 12:01 ignored a']}
    ${'the product is given back'}             | ${['03-03 09:00  order boost action=unsubscribe']}                          | ${['03-04 12:01 ignored a']}
    ${'a click'}                               | ${['03-02 13:00  receipt a clicked']}                                       | ${['03-02 13:00 accepted a by receipt', '03-04 12:01 settled a']}
    ${'it never left'}                         | ${['03-02 13:00  receipt a failed']}                                        | ${['03-02 13:00 unsent a by receipt']}
    ${'it never left in time'}                 | ${['03-02 13:00  receipt a expired']}                                       | ${['03-02 13:00 unsent a by receipt']}
    ${'it may have left'}                      | ${['03-02 13:00  receipt a unknown']}                                       | ${['03-04 12:01 ignored a']}
    ${'an answer in the last minute'}          | ${['03-04 12:00  reply yes to=a']}                                          | ${['03-04 12:00 accepted a by reply', '03-04 12:01 settled a']}
    ${'an answer when the window is over'}     | ${['03-04 12:01  reply yes to=a']}                                          | ${['03-04 12:01 ignored a']}
    ${'an order when the window is over'}      | ${['03-04 12:01  order boost']}                                             | ${['03-04 12:01 ignored a']}
    ${'the same yes twice'}                    | ${['03-02 13:00  reply yes to=a id=x', '03-02 13:01  reply yes to=a id=x']} | ${['03-02 13:00 accepted a by reply', '03-04 12:01 settled a']}
    ${'a yes and the order of it'}             | ${['03-02 13:00  reply yes to=a', '03-02 13:05  order boost']}              | ${['03-02 13:00 accepted a by reply', '03-04 12:01 settled a']}
    ${'a no, and then an order'}               | ${['03-02 13:00  reply no to=a', '03-03 09:00  order boost']}               | ${['03-02 13:00 refused a by reply', '03-03 09:00 accepted a by order', '03-04 12:01 settled a']}
    ${'a yes to what is said to have failed'}  | ${['03-02 13:00  reply yes to=a', '03-02 13:05  receipt a failed']}         | ${['03-02 13:00 accepted a by reply', '03-04 12:01 settled a']}
    ${'a yes to what had failed before'}       | ${['03-02 13:00  receipt a failed', '03-02 13:05  reply yes to=a']}         | ${['03-02 13:00 unsent a by receipt', '03-02 13:05 accepted a by reply']}
    ${'a yes to a command that is not theirs'} | ${['03-02 13:00  reply yes to=other']}                                      | ${['03-04 12:01 ignored a']}
    ${'a no to a command that is not theirs'}  | ${['03-02 13:00  reply no to=other']}                                       | ${['03-04 12:01 ignored a']}
  `('$what', ({ happens, comes }: { happens: readonly string[]; comes: readonly string[] }) => {
    const timeline = ['03-02 12:00  profile sms/marketing=granted', '03-02 12:01  moment a  command a', ...happens]
    expect(told([...timeline, '03-09 12:00  -'].join('\n'))).toEqual(['03-02 12:01 exposed a', ...comes])
  })

  it('is told of the command that a reply means, and of the last one that offered the product', () => {
    expect(
      told(`
        03-02 12:00  profile sms/marketing=granted
        03-02 12:01  moment a         command a
        03-03 12:01  moment b         command b
        03-03 13:00  reply no to=a
        03-03 14:00  order boost
        03-09 12:00  -
      `),
    ).toEqual([
      '03-02 12:01 exposed a',
      '03-03 12:01 exposed b',
      '03-03 13:00 refused a by reply',
      '03-03 14:00 accepted b by order',
      '03-04 12:01 settled a',
      '03-05 12:01 settled b',
    ])
  })

  it('is not told of notices, nor of what a later subscriber of the number does', () => {
    expect(
      told(`
        03-02 12:00  profile sms/marketing=granted
        03-02 12:01  moment a                   command a
        03-02 12:02  moment b purpose=service   command b
        03-02 14:00  profile status=deactivated
        03-02 15:00  reply yes to=a
        03-09 12:00  -
      `),
    ).toEqual(['03-02 12:01 exposed a'])
  })

  it('says what it was about', () => {
    const { outcomes } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a segments=value:high  command a
      03-02 13:00  order boost
    `,
      { catalogue },
    )
    expect(outcomes[1]).toMatchObject({
      subscriber_id: 's',
      occurred_at: timeOf('03-02 13:00', 'Asia/Shanghai'),
      rule: 'marketing',
      offer: 'booster',
      category: 'data',
      campaign: 'marketing',
      variant: null,
      channel: 'sms',
      segments: { value: 'high' },
      product_id: 'boost',
      by: 'order',
    })
  })
})

describe('an owner that takes over', () => {
  const { commands, decisions, outcomes } = play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:01  moment a  command a
    03-02 13:00  reply yes to=a
    03-04 12:01  -
  `,
    { catalogue },
  )
  const [exposed, accepted, settled] = outcomes

  it.each`
    what                   | known                                        | comes
    ${'the command alone'} | ${[...commands]}                             | ${['03-02 12:01 exposed a', '03-04 12:01 ignored a']}
    ${'and its exposure'}  | ${[...commands, exposed]}                    | ${['03-04 12:01 ignored a']}
    ${'and an answer'}     | ${[...commands, exposed, accepted]}          | ${['03-04 12:01 settled a']}
    ${'all of it'}         | ${[...commands, exposed, accepted, settled]} | ${[]}
  `('finds $what on the log and tells the rest, once', ({ known, comes }) => {
    const replayed = play('03-02 12:02  -\n03-09 12:00  -', { catalogue, adopts: [...known, ...decisions] })
    const said = replayed.outcomes.map(({ outcome, occurred_at }) => {
      const at = new Date(occurred_at + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')
      return `${at} ${outcome} a`
    })
    expect(said).toEqual(comes)
  })
})
