import { expect, test } from 'vitest'
import { deterministicUuid } from '../../services/domain/ids.ts'

test.each([
  ['attempt-1', '3dafcfaa-6218-8432-b6ff-42263fe100ba'],
  ['ivr\0attempt-1', '7177a0cd-961c-8d8c-9498-8d05a5ba1f1c'],
])('the UUID of %j is the same in every version: calls and notifications under way are found by it', (text, uuid) => {
  expect(deterministicUuid(text)).toBe(uuid)
})
