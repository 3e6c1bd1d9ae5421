import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Catalogue, Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { commandsOf, decisionsOf, policies, run, streams } from './streams.ts'
import { commandOfMoment, play } from './timeline.ts'

const second = 1000
const hour = 3_600_000
const open: Partial<Policy> = { caps: [], gaps: {}, quietHours: [], competition: { marketing: 5 * second } }
const night = [{ id: 'night', channels: ['sms' as const], start: 22 * 60, end: 8 * 60 }]

/** Offers worth 1, 2 and 3. */
const weighed = (policy: Partial<Policy> = {}): Catalogue => ({
  ...catalogueWith({ ...open, ...policy }),
  offers: ['poor', 'fair', 'rich'].map((id, i) => ({
    id,
    title: { en: id },
    message: { en: id },
    value: i + 1,
    acceptance: 1,
  })),
})
const catalogue = weighed()

describe('moments of a purpose within its window', () => {
  it('compete: the one that is worth most is said, and the others say to what they lost', () => {
    const { state, decisions } = play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=poor
      03-02 12:01:02.000  moment b offers=poor,rich
      03-02 12:01:04.999  moment c offers=fair
      03-02 12:01:05.000  -                          suppressed a priority, suppressed c priority, command b
    `,
      { catalogue },
    )
    expect(state.deferred).toEqual([])
    expect(decisions[0]).toMatchObject({
      evidence: {
        'priority.winner': 'b',
        'priority.winner_rule': 'marketing',
        'priority.winner_score': 3,
        'priority.score': 1,
        'priority.lost_to': commandOfMoment('b'),
      },
      candidates: [{ offer: 'poor', codes: ['priority'], score: 1 }],
    })
    expect(decisions[2]).toMatchObject({ offer: 'rich' })
  })

  it('wait for nobody where there is no window, and the window opens for marketing alone', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  moment a offers=poor              command a
      03-02 12:02  moment b purpose=service offers=poor  command b
    `,
      { catalogue: weighed({ competition: {} }) },
    )
    play(
      `
      03-02 12:00         profile sms/marketing=granted sms/care=granted
      03-02 12:01         moment a offers=poor
      03-02 12:01         moment b offers=rich purpose=care        command b
      03-02 12:01         moment c offers=rich purpose=service     command c
      03-02 12:01         moment d offers=rich purpose=regulatory  command d
      03-02 12:01:05.000  -                                        command a
    `,
      { catalogue },
    )
  })

  it('of equal worth the one leaves that expires first, then by id', () => {
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment c offers=fair
      03-02 12:01         moment b offers=fair
      03-02 12:01         moment a offers=fair expires=2h
      03-02 12:01:05.000  -                          suppressed b priority, suppressed c priority, command a
    `,
      { catalogue },
    )
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment b
      03-02 12:01         moment a
      03-02 12:01:05.000  -                          suppressed b priority, command a
    `,
      { policy: open },
    )
  })

  it('are decided at once where they speak for themselves, and lose to nobody', () => {
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=poor
      03-02 12:01:01.000  moment b offers=rich expires=0s          suppressed b expired
      03-02 12:01:02.000  moment c offers=rich mode=shadow         suppressed c shadow
      03-02 12:01:03.000  moment d offers=gone                     suppressed d rule-withdrawn
      03-02 12:01:04.000  moment a offers=poor
      03-02 12:01:05.000  -                                        command a
      03-02 12:01:06.000  moment e offers=rich
      03-02 12:01:11.000  -                                        command e
    `,
      { catalogue },
    )
  })

  it.each`
    meanwhile                             | said
    ${'reply stop'}                       | ${'suppressed a consent, suppressed b consent'}
    ${'profile sms/marketing=refused'}    | ${'suppressed a consent, suppressed b consent'}
    ${'profile status=deactivated'}       | ${'suppressed a expired +consent, suppressed b expired +consent'}
    ${'profile born=2010-01-01'}          | ${'suppressed a protected until 01-01 00:00, suppressed b protected until 01-01 00:00'}
    ${'open open-issue id=o  recorded o'} | ${'suppressed a open-issue until 03-09 12:01, suppressed b open-issue until 03-09 12:01'}
    ${'order thing'}                      | ${'suppressed b ineligible, command a'}
  `('are judged anew when it closes: $meanwhile, then $said', ({ meanwhile, said }) => {
    const offers = catalogue.offers.map((offer) => (offer.id === 'rich' ? { ...offer, product: 'thing' } : offer))
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=poor
      03-02 12:01         moment b offers=rich
      03-02 12:01:03.000  ${meanwhile}
      03-02 12:01:05.000  -                          ${said}
    `,
      { catalogue: { ...catalogue, offers } },
    )
  })

  it('close the window at once where one can wait no longer: it expires, or it becomes quiet', () => {
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=rich expires=4s          command a
      03-02 12:02         moment b offers=poor
      03-02 12:02:01.000  moment c offers=fair expires=2s          suppressed b priority, command c
      03-02 12:03         moment d offers=fair
      03-02 12:03:01.000  moment e offers=poor expires=2s          suppressed e priority, command d
      03-02 21:59:57.000  moment f offers=poor                     command f
    `,
      { catalogue: weighed({ quietHours: night }) },
    )
  })

  it('are held back by a pause as ever, and enter an open window when it ends', () => {
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         pause p1 campaign=other
      03-02 12:01         moment a offers=rich rule=other          deferred a paused
      03-02 12:02         moment b offers=poor
      03-02 12:02:02.000  resume p1
      03-02 12:02:05.000  -                                        suppressed b priority, command a
    `,
      {
        catalogue: {
          ...catalogue,
          ruleset: {
            ...catalogue.ruleset,
            rules: catalogue.ruleset.rules.flatMap((rule) =>
              rule.id === 'marketing' ? [rule, { ...rule, id: 'other', campaign: 'other' }] : [rule],
            ),
          },
        },
      },
    )
  })

  it('compete for what is held out, too: the group that is left alone has the same winner', () => {
    const { decisions } = play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=poor
      03-02 12:01         moment b offers=rich
      03-02 12:01:05.000  -                          suppressed a priority +holdout, suppressed b holdout
    `,
      { catalogue: weighed({ holdout: { share: 1, salt: 'x' } }) },
    )
    expect(decisions.map(({ exposure }) => exposure)).toEqual([null, 'held-out'])
  })

  it('only so many wait: one more closes the window', () => {
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=poor
      03-02 12:01         moment b offers=rich
      03-02 12:01         moment c offers=fair       suppressed c priority, suppressed a priority, command b
    `,
      { catalogue, settings: { limits: { deferredMost: 2 } } },
    )
  })
})

describe('moments that are released together', () => {
  const evening = `
    03-02 12:00  profile sms/marketing=granted
    03-02 23:00  moment a offers=poor expires=12h  deferred a quiet-hours until 03-03 08:00
    03-02 23:01  moment b offers=rich expires=20h  deferred b quiet-hours until 03-03 08:00
    03-02 23:02  moment c offers=fair expires=16h  deferred c quiet-hours until 03-03 08:00`

  it('compete by what they are worth where a cap has one place, without a window too', () => {
    const caps = [
      {
        id: 'daily',
        purposes: ['marketing' as const],
        window: { kind: 'civil' as const, unit: 'day' as const },
        most: 2,
      },
    ]
    play(
      `${evening}
      03-03 08:00  -                               command b, command c, suppressed a cap until 03-04 00:00
    `,
      { catalogue: weighed({ competition: {}, quietHours: night, caps }) },
    )
  })

  it('with a window one of them is said, at once', () => {
    play(
      `${evening}
      03-03 08:00  -                               suppressed a priority, suppressed c priority, command b
    `,
      { catalogue: weighed({ quietHours: night }) },
    )
  })
})

describe('what lost', () => {
  const lost = `
    03-02 12:00         profile sms/marketing=granted
    03-02 12:01         moment a offers=poor
    03-02 12:01         moment b offers=rich
    03-02 12:01         moment c offers=fair expires=1h
    03-02 12:01:05.000  -                          suppressed c priority, suppressed a priority, command b`

  it('is judged again in full when the winner provably did not leave, and competes again', () => {
    const { decisions, state } = play(
      `${lost}
      03-02 12:02         receipt b failed           suppressed a priority, command c
      03-02 12:03         receipt c expired          command a
      03-02 12:04         receipt a failed
    `,
      { catalogue },
    )
    expect(state.losers).toEqual([])
    expect(new Set(decisions.map(({ decision_id }) => decision_id)).size).toBe(decisions.length)
    expect(new Set(state.decided.map(({ moment_id }) => moment_id)).size).toBe(state.decided.length)
  })

  it('has lost for good once the winner has left, and waits while nobody knows', () => {
    const { state } = play(
      `${lost}
      03-02 12:02         receipt b unknown
      03-02 12:03         receipt b accepted
      03-02 12:04         receipt b failed
    `,
      { catalogue },
    )
    expect(state.losers).toEqual([])
    play(
      `${lost}
      03-02 12:02         receipt b unknown
      03-02 12:03         receipt b failed           suppressed a priority, command c
    `,
      { catalogue },
    )
  })

  it('is not thought of again once it has expired, and may have another reason against it now', () => {
    play(
      `${lost}
      03-02 13:01         receipt b failed           command a
    `,
      { catalogue },
    )
    play(
      `${lost}
      03-02 12:02         open open-issue id=o       recorded o
      03-02 12:03         receipt b failed           suppressed c open-issue until 03-09 12:02, suppressed a open-issue until 03-09 12:02
    `,
      { catalogue },
    )
  })

  it('is kept for so many moments', () => {
    const { state } = play(lost, { catalogue, isSilent: true, settings: { limits: { losersMost: 1 } } })
    expect(state.losers.map(({ moment_id }) => moment_id)).toEqual(['a'])
  })
})

describe('a state that went back behind a competition', () => {
  const played = play(
    `
    03-02 12:00         profile sms/marketing=granted
    03-02 12:01         moment a offers=poor
    03-02 12:01:02.000  moment b offers=rich
    03-02 12:01:05.000  -                          suppressed a priority, command b
  `,
    { catalogue, isSilent: true },
  )
  const again = `
    03-02 12:00         profile sms/marketing=granted
    03-02 12:01         moment a offers=poor
    03-02 12:01:02.000  moment b offers=rich`
  const [lostA, wonB] = played.decisions

  it('knows who lost to whom', () => {
    const adopts = [...played.commands, ...played.decisions]
    play(`${again}\n03-02 12:02  receipt b accepted`, { catalogue, adopts })
    play(`${again}\n03-02 12:02  receipt b failed  command a`, { catalogue, adopts })
    expect(played.state.touches).toHaveLength(1)
  })

  it('says nothing beside a command whose decision is missing', () => {
    const decisions = [lostA, wonB].flatMap((one) => one ?? [])
    for (const known of [[], decisions.slice(0, 1)]) {
      const { commands, decisions: made } = play(
        `${again}
        03-02 12:01:07.000  -                      ${known.length > 0 ? '@03-02 12:01 command b' : '@03-02 12:01 suppressed a priority, @03-02 12:01 command b'}
      `,
        { catalogue, adopts: [...played.commands, ...known] },
      )
      expect(commands).toEqual([])
      expect(made.at(-1)?.command_id).toBe(played.commands[0]?.command_id)
    }
  })

  it('knows that a loser was judged again, in whatever order that is read', () => {
    const failed = play('03-02 12:02  receipt b failed  command a', { catalogue, from: played.state })
    const all = [...played.commands, ...played.decisions, ...failed.commands, ...failed.decisions]
    const states = [all, all.toReversed(), [...all, ...all]].map(
      (adopts) => play(`${again}\n03-02 12:02  receipt b failed`, { catalogue, adopts }).state,
    )
    for (const state of states) {
      expect(state.touches.map(({ state: is }) => is).sort()).toEqual(['released', 'reserved'])
      expect(state.losers).toEqual([])
    }
  })

  it('records the command of a loser whose decision is missing, and gives no second one', () => {
    const failed = play('03-02 12:02  receipt b failed  command a', { catalogue, from: played.state })
    const adopts = [...played.commands, ...failed.commands, ...played.decisions]
    for (const order of [adopts, adopts.toReversed()]) {
      const { commands } = play(
        `${again}\n03-02 12:02  receipt b failed  @03-02 12:02 command a`.replace('@03-02 12:02 ', ''),
        {
          catalogue,
          adopts: order,
        },
      )
      expect(commands).toEqual([])
    }
  })
})

it('says at most one of a window, nothing twice, and everything has one last word', () => {
  fc.assert(
    fc.property(policies, streams, (policy, stream) => {
      const windows = { marketing: hour, care: hour / 2 }
      const said = run(createDecideStep(catalogueWith({ ...policy, competition: windows })), stream)
      const decisions = decisionsOf(said)
      const commands = commandsOf(said)
      expect(new Set(commands.map(({ moment_id }) => moment_id)).size).toBe(commands.length)
      for (const { code, purpose, evidence, decided_at } of decisions) {
        if (code !== 'priority' || evidence['priority.lost_to'] === undefined) continue
        expect(['marketing', 'care']).toContain(purpose)
        const winner = commands.find(({ command_id }) => command_id === evidence['priority.lost_to'])
        expect(winner).toMatchObject({ purpose, issued_at: decided_at })
      }
      for (const purpose of ['marketing', 'care']) {
        const times = commands.filter((one) => one.purpose === purpose).map(({ issued_at }) => issued_at)
        expect(new Set(times).size).toBe(times.length)
      }
    }),
    { numRuns: 200 },
  )
})
