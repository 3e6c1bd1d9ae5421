import { describe, expect, test } from 'vitest'
import { type Delivery, deliveryAnswer, deliveryWords } from '../../services/explain/deliveries.ts'
import { sentences } from '../../services/explain/sentences.ts'
import type { Attempt, Receipt } from '../../services/records/types.ts'

const noon = Date.parse('2026-03-02T12:00:00Z')
const when = (at: number) => new Date(at).toISOString().slice(11, 19)

const attempt = (id: string, second: number) =>
  ({ attempt_id: id, attempted_at: noon + second * 1_000, provider: 'smpp' }) as Attempt
const receipt = (status: Receipt['status'], second: number, code: string | null = null) =>
  ({ status, received_at: noon + second * 1_000, code, detail: code && 'http 404' }) as Receipt

describe('what became of a command', () => {
  test.each<[delivery: Delivery, en: string, zh: string]>([
    [{ attempts: [], receipts: [] }, 'nothing was heard of it yet', '尚无回音'],
    [
      { attempts: [attempt('a', 1), attempt('b', 6)], receipts: [] },
      'tried 2 times, last at 12:00:06, and nothing was heard of it yet',
      '已尝试 2 次，最近一次在 12:00:06，尚无回音',
    ],
    [
      { attempts: [attempt('a', 1)], receipts: [receipt('accepted', 2), receipt('delivered', 5)] },
      'accepted 12:00:02, delivered 12:00:05',
      '12:00:02 回执 accepted，12:00:05 回执 delivered',
    ],
    [
      { attempts: [], receipts: [receipt('failed', 2, 'no-address')] },
      'failed 12:00:02 (no-address)',
      '12:00:02 回执 failed（no-address）',
    ],
  ])('%j', (delivery, en, zh) => {
    expect(deliveryWords(delivery, { say: sentences.en, when })).toBe(en)
    expect(deliveryWords(delivery, { say: sentences.zh, when })).toBe(zh)
  })

  test('as JSON it has each try, and the channel’s own words', () => {
    expect(deliveryAnswer({ attempts: [attempt('a', 1)], receipts: [receipt('failed', 2, 'refused')] })).toEqual({
      attempts: [{ attempt_id: 'a', at: '2026-03-02T12:00:01.000Z', provider: 'smpp' }],
      receipts: [{ at: '2026-03-02T12:00:02.000Z', status: 'failed', code: 'refused', detail: 'http 404' }],
    })
  })
})
