import { code, table } from './table.ts'

export interface EasyToGetWrong {
  /** What happens. */
  readonly case: string
  readonly does: string
  /** Where it is written, from `docs`. */
  readonly told: { readonly in: string; readonly as: string }
  /** The tests that show it: their file, and the title of each, or words of its row. */
  readonly shown: readonly { readonly file: string; readonly as: readonly string[] }[]
}

const scenarios = 'test/scenario/timelines'
const policy = 'contact-policy.md'
const clocks = `${scenarios}/policy-clocks.yaml`
const together = `${scenarios}/policy-together.yaml`
const rounds = `${scenarios}/rounds-and-cells.yaml`
const shippedOffers = 'test/decide/shipped-offers.test.ts'
const shippedWays = 'test/decide/shipped-ways.test.ts'
const repairFirst = { in: 'offers.md', as: '## Repair before sale' }
const night = { in: policy, as: '## Nights' }

/** Where decide is easily wrong. A test holds the pages and the tests that are named against what is there. */
export const easyToGetWrong: readonly EasyToGetWrong[] = [
  {
    case: 'quiet hours that reach over midnight',
    does: 'what comes in the evening and what comes behind midnight wait for the same end; the start is quiet, the end is not',
    told: night,
    shown: [{ file: clocks, as: ['the first and the last instant of the night'] }],
  },
  {
    case: 'the two nights in which clocks change',
    does: 'the end stays at its time of the wall clock: the wait is an hour shorter, or longer',
    told: night,
    shown: [
      {
        file: clocks,
        as: [
          'the night in which the clock is put forward waits nine hours',
          'the night in which it is put back waits eleven',
        ],
      },
    ],
  },
  {
    case: 'a night in another zone',
    does: 'quiet hours go by the clock of the country, and in one of several zones by all of them',
    told: { in: policy, as: '## Abroad' },
    shown: [
      {
        file: `${scenarios}/abroad.yaml`,
        as: ['in one zone abroad, its night is the night', 'of a country with several zones, all of them'],
      },
    ],
  },
  {
    case: 'several messages that wait for the morning, and a place for one',
    does: 'they compete as they are released: one leaves, and the others are told the cap or the gap that it makes',
    told: night,
    shown: [
      {
        file: `${scenarios}/policy-caps.yaml`,
        as: ['of several that wait for the morning one leaves, and the others meet its gap and the caps'],
      },
      { file: 'test/decide/held-overnight.test.ts', as: ['of several one leaves where a cap has one place'] },
    ],
  },
  {
    case: 'an opt-out while a message waits',
    does: 'it is suppressed in the morning by `consent`',
    told: night,
    shown: [{ file: together, as: ['who says STOP in the night is not written to in the morning'] }],
  },
  {
    case: 'a purchase while its offer waits',
    does: 'it is suppressed in the morning as `ineligible`',
    told: night,
    shown: [{ file: together, as: ['who buys it in the night is not offered it in the morning'] }],
  },
  {
    case: 'an expiry while a message waits',
    does: 'what would be over by the morning is given up at once; what turns out to be over then, as `expired`',
    told: night,
    shown: [
      { file: clocks, as: ['what would be worth nothing in the morning does not wait for it'] },
      { file: 'test/decide/held-overnight.test.ts', as: ['what expired before the engine was back is given up'] },
    ],
  },
  {
    case: 'a minor who comes of age',
    does: 'they are protected until the midnight of the birthday where they are; born on 29 February, until 1 March',
    told: { in: policy, as: 'Minors are protected until the local midnight' },
    shown: [
      {
        file: together,
        as: [
          'of age at the midnight of where they are, and not of the engine',
          'born on 29 February they are minors all through the 28th',
        ],
      },
    ],
  },
  {
    case: 'a cap, and the mean of all subscribers',
    does: 'a cap is a whole number and holds for each one; 4.8 is refused. The mean of a year is reported beside it',
    told: { in: 'caps-and-refusals.md', as: 'The mean of all subscribers' },
    shown: [
      { file: 'test/rules/wrong-contact-limits.test.ts', as: ["'most' must be a whole number, not 4.8"] },
      { file: 'test/bench/year/year.test.ts', as: ['tells the mean beside the cap'] },
    ],
  },
  {
    case: 'fewer agents than subscribers to call',
    does: 'a share of the day is kept for who is worth most and may leave; from the afternoon on it is anybody’s',
    told: { in: 'budgets.md', as: 'reserve' },
    shown: [
      {
        file: `${scenarios}/team-capacity.yaml`,
        as: ["until the afternoon a share is kept for who is worth most and may leave; what they leave is anybody's"],
      },
    ],
  },
  {
    case: 'an offer that the subscriber has already',
    does: 'the list is walked down to the first that they lack; where they have all, it is `ineligible`',
    told: { in: 'offers.md', as: 'walks down this list' },
    shown: [
      { file: 'test/decide/eligibility.test.ts', as: ['the list is walked down'] },
      {
        file: shippedOffers,
        as: ["'video-pack'}      |"],
      },
    ],
  },
  {
    case: 'a network to be repaired',
    does: 'nothing is sold before; the repair goes out, and the offer once it is solved',
    told: repairFirst,
    shown: [
      { file: rounds, as: ['solve first, then recommend'] },
      {
        file: shippedOffers,
        as: ["'stability-kind:network-to-repair'} |"],
      },
    ],
  },
  {
    case: 'a service to be repaired',
    does: 'the same: whoever is dissatisfied with it is helped, and sold nothing',
    told: repairFirst,
    shown: [
      {
        file: shippedOffers,
        as: ["'stability-kind:service-to-repair'} |"],
      },
    ],
  },
  {
    case: 'the prompt of a hotline agent',
    does: 'what helps is said first, whatever is worth more; what is sold stands behind it',
    told: { in: 'human-channels.md', as: '**Solve first, then recommend.**' },
    shown: [{ file: 'test/desk/prompts.test.ts', as: ['while a call is live its agent is told what to solve first'] }],
  },
  {
    case: 'who might want a ring-back tone',
    does: 'two rules: an order of another service, and a call to somebody who has a tone; both are offered it by message',
    told: { in: 'human-channels.md', as: '**Instead of a message.**' },
    shown: [
      {
        file: 'deploy/catalogue/examples/first.yaml',
        as: ['music is ordered by somebody without a ring-back tone'],
      },
      { file: 'deploy/catalogue/examples/change-cross-sell.yaml', as: ['has heard a tone, and has none'] },
      { file: shippedWays, as: ["'vas-ordered'", "'tones-heard'"] },
    ],
  },
  {
    case: 'who has a tone and doesn’t use it, or gave it up',
    does: 'they are called, or asked into the store; without consent to that nothing is said, and never a message',
    told: { in: 'human-channels.md', as: '**Instead of a message.**' },
    shown: [{ file: shippedWays, as: ["'tone-silent'", "'tone-cancelled'", "'wants no calls'"] }],
  },
  {
    case: 'who refused',
    does: 'a second round with a stronger offer, on the instant at which the cooling of the refusal is over',
    told: { in: 'caps-and-refusals.md', as: '### Rounds' },
    shown: [
      { file: rounds, as: ['a second round with a stronger offer when the cooling is over, to the minute'] },
      {
        file: 'deploy/catalogue/examples/change-leaving.yaml',
        as: ['the cooling is over on the instant, and the stronger offer goes out'],
      },
    ],
  },
  {
    case: 'who stays silent after the second round',
    does: 'a third with the best offer, and none after it; a second no ends the rounds',
    told: { in: 'caps-and-refusals.md', as: '### Rounds' },
    shown: [
      {
        file: rounds,
        as: [
          'a third round for who was offered more and said nothing',
          'a second no cools again, and is no reason for a third',
        ],
      },
    ],
  },
  {
    case: 'who bought',
    does: 'they are asked how it goes a week after, as care: the rest of marketing holds nothing of it back',
    told: { in: 'caps-and-refusals.md', as: '### Rounds' },
    shown: [{ file: rounds, as: ['who bought is asked how it goes, while all marketing rests'] }],
  },
  {
    case: 'a false or a problem user',
    does: 'no manager calls; what people do for them is the watch’s',
    told: { in: 'human-channels.md', as: '**Three tiers.**' },
    shown: [
      { file: rounds, as: ['a false user gets no manager and is watched'] },
      { file: 'deploy/catalogue/examples/change-leaving.yaml', as: ['a false user gets no manager'] },
      { file: 'deploy/catalogue/examples/special.yaml', as: ['a problem user gets no manager'] },
      { file: shippedWays, as: ["'is judged false'", "'is judged a problem'"] },
    ],
  },
]

export const easyToGetWrongTable = (): string =>
  table(
    ['case', 'what decide does', 'told in', 'shown by'],
    easyToGetWrong.map((row) => [
      row.case,
      row.does,
      `[${row.told.in.replace('.md', '')}](${row.told.in})`,
      row.shown.map(({ file }) => code(file)).join(', '),
    ]),
  )
