import { describe, expect, it } from 'vitest'
import type { Cooling, Policy } from '../../services/rules/catalogue.ts'
import { play, timeOf } from './timeline.ts'

const day = 86_400_000

/** These coolings, and nothing else that would hold marketing back. */
const cooling = (...given: readonly Partial<Cooling>[]): { policy: Partial<Policy> } => ({
  policy: {
    gaps: {},
    caps: [],
    quietHours: [],
    cooling: given.map((one) => ({
      id: 'after-a-no',
      of: 'all',
      after: 1,
      within: Number.POSITIVE_INFINITY,
      length: 30 * day,
      ...one,
    })),
  },
})
const free = cooling()

describe('cooling', () => {
  it('keeps marketing quiet after a refusal, and nothing else; exactly its length is enough', () => {
    const { decisions } = play(
      `
      03-02 12:00         profile sms/marketing=granted sms/care=granted
      03-02 12:01         moment a                   command a
      03-02 12:05         reply no to=a
      03-02 12:06         moment b                   suppressed b cooling until 04-01 12:05
      03-02 12:07         moment c purpose=care      command c
      04-01 12:04:59.999  moment d                   suppressed d cooling until 04-01 12:05
      04-01 12:05         moment e                   command e
    `,
      cooling({}),
    )
    expect(decisions[1]?.evidence).toEqual({
      'cooling.id': 'after-a-no',
      'cooling.of': 'all',
      'cooling.refusals': 1,
      'cooling.last_refused_at': timeOf('03-02 12:05', 'Asia/Shanghai'),
      'cooling.until': timeOf('04-01 12:05', 'Asia/Shanghai'),
    })
  })

  it('comes behind cap and gap, and before nothing', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a  command a
      03-02 12:05  reply 2 to=a
      03-02 12:06  moment b  suppressed b gap +cooling until 03-03 12:01
    `,
      { policy: { ...cooling({}).policy, gaps: { marketing: day } } },
    )
  })

  it.each`
    reply                | said
    ${'no'}              | ${'suppressed b cooling until 04-01 12:05'}
    ${'No!'}             | ${'suppressed b cooling until 04-01 12:05'}
    ${'不要'}            | ${'suppressed b cooling until 04-01 12:05'}
    ${'digits=2'}        | ${'suppressed b cooling until 04-01 12:05'}
    ${'action=refused'}  | ${'suppressed b cooling until 04-01 12:05'}
    ${'no thanks'}       | ${'command b'}
    ${'22'}              | ${'command b'}
    ${'yes'}             | ${'command b'}
    ${'2 action=survey'} | ${'command b'}
    ${'what is this?'}   | ${'command b'}
  `('a reply $reply: $said', ({ reply, said }) => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a  command a
      03-02 12:05  reply ${reply} to=a
      03-02 12:06  moment b  ${said}
    `,
      cooling({}),
    )
  })

  it('may need several refusals within a time; two points exactly as far apart are not within it', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  reply no id=r1
      03-02 12:01  moment a     command a
      03-12 12:00  reply no id=r2
      03-12 12:01  moment b     command b
      03-22 11:59  reply no id=r3
      03-22 12:00  moment c     suppressed c cooling until 05-21 11:59
    `,
      cooling({ after: 2, within: 10 * day, length: 60 * day }),
    )
  })

  it('counts a reply that comes twice once', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  reply no id=r1
      03-02 12:01  reply no id=r1 ago=1m
      03-02 12:02  moment a     command a
      03-02 12:03  reply no id=r2
      03-02 12:04  moment b     suppressed b cooling until 04-01 12:03
    `,
      cooling({ after: 2, within: 10 * day }),
    )
  })

  it('of one refusal and of several hold together, and the one that lasts longer tells until when', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  reply no id=r1
      03-02 12:01  moment a     suppressed a cooling until 03-05 12:00
      03-05 12:00  moment b     command b
      03-05 12:01  reply no id=r2
      03-05 12:02  moment c     suppressed c cooling until 05-04 12:01
    `,
      cooling({ length: 3 * day }, { id: 'twice', after: 2, within: 90 * day, length: 60 * day }),
    )
  })

  it('may be of the offer, the rule or the category that was refused', () => {
    const table = (held: string) => `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=booster                command a
      03-02 12:02  reply no to=a
      03-02 12:03  moment b offers=booster                ${held.includes('b') ? 'suppressed b cooling until 04-01 12:02' : 'command b'}
      03-02 12:04  moment c offers=review                 ${held.includes('c') ? 'suppressed c cooling until 04-01 12:02' : 'command c'}
    `
    play(table('bc'), cooling({}))
    play(table('bc'), cooling({ of: 'rule' }))
    play(table('b'), cooling({ of: 'offer' }))
    play(table('b'), cooling({ of: 'category' }))
  })

  it('of an offer leaves the next one of the list', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=booster          command a
      03-02 12:02  reply no to=a
      03-02 12:03  moment b offers=booster,review   command b
    `,
      cooling({ of: 'offer' }),
    )
    expect(decisions[1]?.offer).toBe('review')
  })

  it('takes a refusal that does not say of what for one of the last command before it through the channel', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=booster    command a
      03-02 12:02  moment b offers=review     command b
      03-02 12:03  reply no
      03-02 12:04  moment c offers=booster    command c
      03-02 12:05  moment d offers=review     suppressed d cooling until 04-01 12:03
    `,
      cooling({ of: 'offer' }),
    )
  })

  it('takes no refusal for one of a command that did not leave', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=booster    command a
      03-02 12:02  moment b offers=review     command b
      03-02 12:03  receipt b failed
      03-02 12:04  reply no
      03-02 12:05  moment c offers=review     command c
      03-02 12:06  moment d offers=booster    suppressed d cooling until 04-01 12:04
    `,
      cooling({ of: 'offer' }),
    )
  })

  it('takes a refusal of nobody knows what for one of everything', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  reply no to=forgotten
      03-02 12:02  moment a    suppressed a cooling until 04-01 12:01
    `,
      cooling({ of: 'offer' }),
    )
  })

  it('does not begin with a no to a notice', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a purpose=service    command a
      03-02 12:02  reply no to=a
      03-02 12:03  moment b                    command b
    `,
      cooling({}),
    )
  })

  it('ends with an acceptance, in whatever order they arrive; one that is older ends nothing', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                    command a
      03-02 12:02  reply no to=a
      03-02 12:03  moment b                    suppressed b cooling until 04-01 12:02
      03-02 12:04  reply yes to=a
      03-02 12:05  reply no to=a ago=2m
      03-02 12:06  moment c                    command c
      03-02 12:07  reply no to=c
      03-02 12:08  reply yes to=a ago=2m
      03-02 12:09  moment d                    suppressed d cooling until 04-01 12:07
    `,
      cooling({}),
    )
  })

  it('does not end with a yes to a notice', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                    command a
      03-02 12:02  reply no to=a
      03-02 12:03  moment b purpose=service    command b
      03-02 12:04  reply yes to=b
      03-02 12:05  reply yes to=forgotten
      03-02 12:06  moment c                    suppressed c cooling until 04-01 12:02
    `,
      cooling({}),
    )
  })

  it('finds what was refused though the state went back: the command is adopted, and the reply comes again', () => {
    const before = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a  command a
    `,
      free,
    )
    for (const adopts of [before.commands, before.decisions, [...before.decisions, ...before.commands]]) {
      const { state } = play(
        `
        03-02 12:00  profile sms/marketing=granted
        03-02 12:01  reply no to=a
      `,
        { ...free, adopts },
      )
      expect(state.answers).toMatchObject([{ refused: true, rule: 'marketing', offer: 'booster', category: 'data' }])
    }
  })
})
