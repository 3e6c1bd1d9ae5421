import { describe, expect, test } from 'vitest'
import { told } from './told.ts'

const day = (text: string) => Date.parse(text) / 86_400_000

describe('a template over values', () => {
  test.each([
    // template                                        values                          language  said
    ['Hello', {}, 'en', 'Hello'],
    ['  Hello \n', {}, 'en', 'Hello'],
    ['Left: {{ balance | money }}.', { balance: 850 }, 'en', 'Left: ¥8.50.'],
    ['余额{{ balance | money }}', { balance: 123_456_789 }, 'zh', '余额¥1,234,567.89'],
    ['{{ balance | money }}', { balance: 1500 }, 'en', '¥15'],
    ['{{ balance | money }}', { balance: -5 }, 'en', '-¥0.05'],
    ['{{ balance | money }}', { balance: -0 }, 'en', '¥0'],
    ['{{ balance | money }}', { balance: 850 }, 'de', '8,50 ¥'],
    ['{{ balance | money }}', { balance: 123_450 }, 'fr', '1 234,50 ¥'],
    ['{{ mb | number }}', { mb: 1234.56 }, 'en', '1,235'],
    ['{{ mb | number: 1 }}', { mb: 1234.56 }, 'de', '1.234,6'],
    ['{{ mb | number }}', { mb: -0.2 }, 'en', '0'],
    ['{{ share | percent }}', { share: 0.805 }, 'en', '81%'],
    ['{{ share | percent: 1 }}', { share: 0.805 }, 'de', '80,5 %'],
    ['{{ mb | data }}', { mb: 512.4 }, 'en', '512 MB'],
    ['{{ mb | data }}', { mb: 999.6 }, 'en', '1 GB'],
    ['{{ mb | data }}', { mb: 2048 }, 'zh', '2GB'],
    ['{{ mb | data }}', { mb: 1536 }, 'de', '1,5 GB'],
    ['{{ days_left | plural: " day", " days" }}', { days_left: 1 }, 'en', '1 day'],
    ['{{ days_left | plural: " day", " days" }}', { days_left: 1200 }, 'en', '1,200 days'],
    ['还剩{{ days_left | plural: "天" }}', { days_left: 1 }, 'zh', '还剩1天'],
    ['{{ contract_end | date }}', { contract_end: day('2026-03-03') }, 'en', 'Mar 3'],
    ['{{ contract_end | date }}', { contract_end: day('2026-03-03') }, 'zh', '3月3日'],
    ['{{ contract_end | date: "full" }}', { contract_end: day('2028-02-29') }, 'en', 'February 29, 2028'],
    ['{{ contract_end | date: "weekday" }}', { contract_end: day('2026-03-03') }, 'zh', '星期二'],
    ['{{ plan }}', { plan: 'Gold 5G' }, 'en', 'Gold 5G'],
    ['{{ plan | default: "your plan" }}', { plan: null }, 'en', 'your plan'],
    ['{{ balance | money | default: "low" }}', {}, 'en', 'low'],
    ['{{ balance | default: 0 | money }}', { balance: null }, 'en', '¥0'],
    ['{{ offer.title }} {{ offer.price | money }}', {}, 'zh', '日包 ¥5'],
    ['{{ policy.brand }} {{ policy.hotline }}', {}, 'zh', '锐点移动 10086'],
    ['{{ message.language }}', {}, 'zh', 'zh'],
    ['A {{- plan -}} B', { plan: 'x' }, 'en', 'AxB'],
  ] as const)('%s of %j in %s: %s', (source, values, language, text) => {
    expect(told(source, values, { language }).text).toBe(text)
  })

  test.each([
    // zone                 time of day of 2026-03-29T00:30:00Z, the night in which Europe's clocks go forward
    ['Asia/Shanghai', 'Mar 29 08:30'],
    ['Europe/Berlin', 'Mar 29 01:30'],
    ['America/New_York', 'Mar 28 20:30'],
  ])('a time is where the subscriber is: %s', (zone, text) => {
    const seen = Date.parse('2026-03-29T00:30:00Z')
    expect(told('{{ seen | date }} {{ seen | date: "time" }}', { seen }, { zone }).text).toBe(text)
    expect(told('{{ moment.at | date }} {{ moment.at | date: "time" }}', {}, { zone, at: seen }).text).toBe(text)
  })

  test('what was put in is told as it was', () => {
    expect(told('{{ balance | money }} {{ plan | default: "-" }}', { balance: 850, plan: null, calls: 3 })).toEqual({
      text: '¥8.50 -',
      values: { balance: 850, plan: null },
    })
  })
})

describe('nothing is said', () => {
  test.each([
    // template                        values                               for want of
    ['{{ balance | money }}', {}, 'balance'],
    ['{{ balance | money }}', { balance: null }, 'balance'],
    ['{{ balance | money }}', { balance: 'much' }, 'balance'],
    ['{{ balance | money }}', { balance: Number.NaN }, 'balance'],
    ['{{ balance | money }}', { balance: Number.POSITIVE_INFINITY }, 'balance'],
    ['{{ balance }}', { balance: 850 }, 'balance'],
    ['{{ logged_in }}', { logged_in: true }, 'logged_in'],
    ['{{ plan }}', { plan: '' }, 'plan'],
    ['{{ plan }}', { plan: ' \t ' }, 'plan'],
    ['{{ plan }}', { plan: '{{ balance }}' }, 'plan'],
    ['{{ plan }}', { plan: 'a\nb' }, 'plan'],
    ['{{ plan }}', { plan: 'turned \u202e round' }, 'plan'],
    ['{{ plan }}', { plan: 'x'.repeat(61) }, 'plan'],
    ['{{ plan }}', { plan: 7 }, 'plan'],
    ['{{ contract_end | date }}', { contract_end: 1e12 }, 'contract_end'],
    ['{{ contract_end | date: "time" }}', { contract_end: 20_000 }, 'contract_end'],
    ['Pay {{ balance | money }} for {{ plan }}', { balance: 850 }, 'plan'],
    ['{{ nobody }}', { nobody: 'x' }, 'nobody'],
    ['{{ constructor }}', {}, 'constructor'],
    ['{{ policy.constructor }}', {}, 'policy.constructor'],
    ['{{ policy.secret }}', {}, 'policy.secret'],
    ['{{ plan | upcase }}', { plan: 'x' }, 'plan'],
    ['{{ plan | default: "" }}', {}, ''],
    // No templates.
    ['{{ balance', { balance: 850 }, ''],
    ['{% if balance %}x{% endif %}', { balance: 850 }, ''],
    ['{% include "/etc/passwd" %}', {}, ''],
    ['{ balance }', { balance: 850 }, ''],
    ['{{ plan.constructor.name }}', { plan: 'x' }, ''],
    ['{{ plan[0] }}', { plan: 'x' }, ''],
    ['{{ "x" }}', {}, ''],
    ['{{ }}', {}, ''],
  ])('%s of %j: it lacks %j', (source, values, lacks) => {
    expect(told(source, values)).toEqual({ lacks })
  })
})
