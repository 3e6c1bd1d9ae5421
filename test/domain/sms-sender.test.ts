import { expect, test } from 'vitest'
import { kindOfSender } from '../../services/domain/sms-sender.ts'

test.each([
  ['+8613912345678', 'international'],
  ['+123456', undefined],
  ['+1234567890123456', undefined],
  ['+0123456789', undefined],
  ['10086', 'short-code'],
  ['12', undefined],
  ['1'.repeat(15), 'short-code'],
  ['1'.repeat(16), undefined],
  ['Keymoment', 'name'],
  ['A', 'name'],
  ['11letters-n', 'name'],
  ['twelveletter', undefined],
  ['Your & Mine', 'name'],
  ['100-86', undefined],
  [' Keymoment', undefined],
  ['Keymoment ', undefined],
  ['中国移动', undefined],
  ['Keymo🎂', undefined],
  ['key@moment', undefined],
  ['', undefined],
])('%s is a sender of kind %s', (sender, kind) => {
  expect(kindOfSender(sender)).toBe(kind)
})
