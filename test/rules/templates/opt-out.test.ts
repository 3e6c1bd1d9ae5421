import { expect, test } from 'vitest'
import { withOptOut } from '../../../services/rules/templates/opt-out.ts'

const stop = 'Reply STOP to opt out.'

test.each([
  // text                                      how to opt out     together
  ['Get 5 % extra.', stop, 'Get 5 % extra. Reply STOP to opt out.'],
  ['Get 5 % extra. Reply STOP to opt out.', stop, 'Get 5 % extra. Reply STOP to opt out.'],
  ['Get 5 % extra.  reply stop\nto opt out. Bye', stop, 'Get 5 % extra.  reply stop\nto opt out. Bye'],
  ['Reply 1 to order, STOP to opt out.', stop, 'Reply 1 to order, STOP to opt out. Reply STOP to opt out.'],
  ['仅需15元。', '退订回复TD。', '仅需15元。退订回复TD。'],
  ['仅需15元', '退订回复TD。', '仅需15元退订回复TD。'],
  ['仅需15元。退订回复TD。', '退订回复TD。', '仅需15元。退订回复TD。'],
  ['详见www.example.com', '退订回复TD。', '详见www.example.com退订回复TD。'],
])('%s + %s', (text, optOut, together) => {
  expect(withOptOut(text, optOut)).toBe(together)
  expect(withOptOut(together, optOut)).toBe(together)
})
