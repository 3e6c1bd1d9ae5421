import type { BadInput } from './bad-input.ts'

const refused = 'the catalogue is refused, with file, line and column'

/** What a policy and its offers may say wrongly, or run out of. A test holds the codes and the tests that are named against the sources. */
export const wrongPolicy: readonly BadInput[] = [
  {
    what: 'a probability above 1, or below 0',
    codes: ['KM_CATALOGUE_VALUE'],
    becomes: refused,
    shown: { file: 'test/rules/campaigns.test.ts', as: "'acceptance' must be 1 or less, not 1.2" },
  },
  {
    what: 'an acceptance with nothing to weigh, or a row that is never read',
    codes: ['KM_OFFER_ACCEPTANCE'],
    becomes: refused,
    shown: { file: 'test/rules/campaigns.test.ts', as: 'item 1 before it fits wherever this does' },
  },
  {
    what: 'an offer that nobody can ever get',
    codes: ['KM_OFFER_NEVER'],
    becomes: refused,
    shown: { file: 'test/rules/wrong-offers.test.ts', as: "nobody can get it: it requires 'fibre'" },
  },
  {
    what: 'a cap of 0',
    codes: ['KM_CATALOGUE_VALUE'],
    becomes: refused,
    shown: { file: 'test/rules/wrong-contact-limits.test.ts', as: "'most' must be 1 or more, not 0" },
  },
  {
    what: 'a cap that would never hold anything back',
    codes: ['KM_CATALOGUE_VALUE'],
    becomes: refused,
    shown: { file: 'test/rules/wrong-contact-limits.test.ts', as: 'it would never hold; add it or take the cap out' },
  },
  {
    what: 'a contradiction: marketing or care that is blocked at all times, by one line of do_not_disturb or by several together',
    codes: ['KM_CATALOGUE_VALUE'],
    becomes: refused,
    shown: {
      file: 'test/rules/wrong-contact-times.test.ts',
      as: "with 'weekend' nothing is open for marketing, at any time and through any channel",
    },
  },
  {
    what: 'a variable of a text that may be missing',
    codes: ['KM_TEMPLATE_MISSING'],
    becomes: refused,
    shown: { file: 'test/rules/templates/checks.test.ts', as: "'balance' may be missing" },
  },
  {
    what: 'a variable that nothing has',
    codes: ['KM_TEMPLATE_VARIABLE'],
    becomes: refused,
    shown: { file: 'test/rules/templates/checks.test.ts', as: "no variable 'balence'" },
  },
  {
    what: 'weights of a score that don’t add up to 1',
    codes: ['KM_FACTOR_WEIGHTS'],
    becomes: refused,
    shown: { file: 'test/rules/wrong-segments.test.ts', as: "the weights of 'f' add up to 1.1" },
  },
  {
    what: 'shares of variants that don’t add up to 1',
    codes: ['KM_CAMPAIGN_SHARES'],
    becomes: refused,
    shown: { file: 'test/rules/campaigns.test.ts', as: 'add up to 0.9, not 1' },
  },
  {
    what: 'a gap: no policy at all, or two',
    codes: ['KM_CATALOGUE_NO_POLICY'],
    becomes: 'the catalogue is refused',
    shown: { file: 'test/rules/wrong-policy.test.ts', as: 'there is no policy.yaml; add one' },
  },
  {
    what: 'a gap: a task that would find no team or no tier',
    codes: ['KM_TASK_ROUTING'],
    becomes: refused,
    shown: { file: 'test/rules/human-channels.test.ts', as: 'would have no team' },
  },
  {
    what: 'a gap: marketing in a language without an opt-out text',
    codes: ['KM_POLICY_OPT_OUT'],
    becomes: refused,
    shown: { file: 'test/rules/templates/checks.test.ts', as: "opt_out_text of policy.yaml has no 'pt'" },
  },
  {
    what: 'a contradiction: a budget whose single use is more than all of it',
    codes: ['KM_BUDGET_AMOUNT'],
    becomes: refused,
    shown: { file: 'test/rules/budgets.test.ts', as: 'could never be used' },
  },
  {
    what: 'a contradiction: a budget that nothing draws on',
    codes: ['KM_BUDGET_IDLE'],
    becomes: refused,
    shown: { file: 'test/rules/budgets.test.ts', as: 'no marketing or care' },
  },
  {
    what: 'a budget that is spent',
    codes: ['budget'],
    becomes: 'what would draw on it is suppressed; the evidence says `spent`',
    shown: { file: 'test/decide/budgets.test.ts', as: "'budget.reason': 'spent'" },
  },
]
