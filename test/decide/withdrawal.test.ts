import { describe, expect, it } from 'vitest'
import { catalogueWith } from './catalogue.ts'
import { commandOfMoment, play, type TimelineOptions } from './timeline.ts'

const weekly = {
  id: 'weekly',
  purposes: ['marketing' as const],
  window: { kind: 'civil' as const, unit: 'week' as const },
  most: 1,
}
const base = catalogueWith({ gaps: {}, caps: [weekly], quietHours: [] })
const catalogue = {
  ...base,
  offers: base.offers.map((offer) => (offer.id === 'booster' ? { ...offer, product: 'boost' } : offer)),
}
const options: TimelineOptions = { catalogue, takesBack: true }
const commanded = `
  03-02 12:00  profile sms/marketing=granted sms/care=granted
  03-02 12:01  moment a                            command a`

describe('a command of which nothing was heard', () => {
  it.each`
    meanwhile                            | said
    ${'reply stop'}                      | ${'withdrawn a consent'}
    ${'profile sms/marketing=refused'}   | ${'withdrawn a consent'}
    ${'profile status=deactivated'}      | ${'withdrawn a expired +consent'}
    ${'profile register=listed'}         | ${'withdrawn a protected'}
    ${'profile born=2010-01-01'}         | ${'withdrawn a protected until 01-01 00:00'}
    ${'open open-issue id=o longest=2d'} | ${'recorded o, withdrawn a open-issue until 03-04 12:02'}
    ${'open live-call id=l longest=2h'}  | ${'recorded l, withdrawn a live-call until 03-02 14:02'}
    ${'order boost'}                     | ${'withdrawn a ineligible'}
    ${'profile products=boost,other'}    | ${'withdrawn a ineligible'}
    ${'profile language=en'}             | ${''}
    ${'order other'}                     | ${''}
    ${'reply hello'}                     | ${''}
    ${'profile sms/care=refused'}        | ${''}
    ${'closed open-issue id=c'}          | ${'recorded c'}
  `('is taken back, or is not: $meanwhile -> $said', ({ meanwhile, said }) => {
    play(`${commanded}\n03-02 12:02  ${[meanwhile, said].filter(Boolean).join('  ')}`, options)
  })

  it('is taken back by a cancellation of its id, without words and past its time, and once', () => {
    const { commands, decisions } = play(
      `${commanded}
      03-02 12:02  reply stop                        withdrawn a consent
      03-02 12:03  reply stop
      03-02 12:04  order boost
    `,
      options,
    )
    const [command, cancellation] = commands
    expect(cancellation).toMatchObject({
      command_id: command?.command_id,
      moment_id: 'a',
      channel: 'sms',
      attempt: 1,
      text: '',
      cancelled_because: 'consent',
    })
    expect(cancellation?.not_after).toBe(cancellation?.issued_at)
    expect(decisions.at(-1)).toMatchObject({ outcome: 'withdrawn', command_id: command?.command_id, offer: 'booster' })
    expect(commands).toHaveLength(2)
  })

  it('keeps its touch until its receipt proves that it did not leave', () => {
    const withdrawn = `${commanded}
      03-02 12:02  open live-call id=l longest=1h    recorded l, withdrawn a live-call until 03-02 13:02
      03-02 14:00  moment b                          suppressed b cap until 03-09 00:00`
    play(`${withdrawn}\n03-02 14:01  receipt a failed\n03-02 14:02  moment c  command c`, options)
    play(
      `${withdrawn}\n03-02 14:01  receipt a accepted\n03-02 14:02  moment c  suppressed c cap until 03-09 00:00`,
      options,
    )
  })

  it('is not taken back once its channel has spoken, or past its time', () => {
    play(`${commanded}\n03-02 12:02  receipt a accepted\n03-02 12:03  reply stop`, options)
    play(`${commanded}\n03-02 12:02  receipt a unknown\n03-02 12:03  reply stop`, options)
    play(`${commanded}\n03-03 12:01  reply stop`, options)
  })

  it('for service goes on whatever is said of marketing, and stops for a call', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a purpose=service          command a
      03-02 12:01  moment r purpose=regulatory       command r
      03-02 12:02  reply stop
      03-02 12:03  open open-issue id=o              recorded o
      03-02 12:04  order boost                       withdrawn a ineligible
    `,
      options,
    )
    play(
      `
      03-02 12:01  moment a purpose=service offers=review  command a
      03-02 12:02  open live-call id=l longest=1h          recorded l, withdrawn a live-call until 03-02 13:02
    `,
      options,
    )
  })

  it('counts as sent where nothing is sent, as in a simulation', () => {
    play(`${commanded}\n03-02 12:02  reply stop`, { catalogue })
  })
})

describe('a state that went back behind a cancellation', () => {
  const { commands, decisions } = play(`${commanded}\n03-02 12:02  reply stop  withdrawn a consent`, options)

  it('cancels no second time, in whatever order they are read', () => {
    const all = [...commands, ...decisions]
    for (const adopts of [all, all.toReversed(), [...all, ...all]]) {
      const { state } = play(
        `
        03-02 12:00  profile sms/marketing=granted sms/care=granted
        03-02 12:01  moment a
        03-02 12:02  reply stop
      `,
        { ...options, adopts },
      )
      expect(state.touches.map(({ state: is }) => is)).toEqual(['reserved'])
      expect(state.open.filter(({ withdrawn }) => !withdrawn)).toEqual([])
    }
  })

  it('takes back what it finds on the log, and nothing for what the subscriber had said long before', () => {
    play(
      `
      03-02 10:00  profile language=en
      03-02 11:00  profile sms/marketing=granted behind=1h
      03-02 11:30  profile sms/marketing=refused behind=1h
      03-02 12:00  profile sms/marketing=granted behind=1h
      03-02 12:02  reply stop                        withdrawn a consent
    `,
      { ...options, adopts: commands.slice(0, 1) },
    )
  })
})

it('a withdrawn winner leaves its place to what lost to it', () => {
  const offers = [
    { id: 'poor', title: { en: 'p' }, message: { en: 'p' }, value: 1, acceptance: 1 },
    { id: 'rich', title: { en: 'r' }, message: { en: 'r' }, value: 2, acceptance: 1, product: 'boost' },
  ]
  const { commands } = play(
    `
    03-02 12:00         profile sms/marketing=granted
    03-02 12:01         moment a offers=poor
    03-02 12:01         moment b offers=rich
    03-02 12:01:05.000  -                            suppressed a priority, command b
    03-02 12:02         order boost                  withdrawn b ineligible
    03-02 12:03         receipt b failed             command a
  `,
    {
      catalogue: { ...catalogueWith({ gaps: {}, caps: [weekly], competition: { marketing: 5000 } }), offers },
      takesBack: true,
    },
  )
  expect(commands.map(({ command_id }) => command_id)).toEqual(['b', 'b', 'a'].map((id) => commandOfMoment(id)))
})
