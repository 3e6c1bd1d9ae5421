import { expect, test } from 'vitest'
import { decisionLines } from '../../services/explain/decision-lines.ts'
import { momentAnswer } from '../../services/explain/moment-answer.ts'
import { type Language, sentences } from '../../services/explain/sentences.ts'
import { catalogueOfOffers } from '../decide/offers-catalogue.ts'
import { play } from '../decide/timeline.ts'

const clock = (time: number | string) =>
  new Date(time).toLocaleTimeString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 8)

const catalogue = catalogueOfOffers(
  [
    'id: booster, value: 1000, acceptance: 0.1, channels: [push, sms]',
    'id: pack, value: 1000, acceptance: { prior: 0.05, strength: 200 }, product: pack',
  ],
  'caps: [{ id: day, purposes: [marketing], window: { civil: day }, most: 1 }]',
  'gaps: { marketing: 24h }',
)

/** What is said of the last decision of a timeline; ids are #. */
function told(table: string, language: Language = 'en'): readonly string[] {
  const { decisions } = play(`03-02 12:00  profile sms/marketing=granted\n${table}`, { catalogue })
  const answer = momentAnswer(
    { moment: undefined, decisions: decisions.slice(-1) },
    clock,
    sentences[language],
    null,
    new Map(),
  )
  return decisionLines(answer, clock, sentences[language]).map((line) => line.replace(/[a-z2-7]{26}/g, '#'))
}

const commanded = '03-02 12:01  moment a offers=pack,booster  command a'
const silent = `
  03-02 12:00         order pack subscribe
  03-02 12:00:30.000  moment b offers=booster       command b
  03-02 12:01         moment a offers=pack,booster  suppressed a cap +gap until 03-03 00:00`

test.each([
  [
    'a command: what was worth less, and what could not be',
    commanded,
    'en',
    [
      'considered at 12:01:00, what is preferred first:',
      '  booster by push, worth 100: consent (state missing)',
      '  booster by sms, worth 100: taken',
      '  pack by sms, worth 50 (5 % accept: 10 of 200): priority',
      'judged by catalogue #; command #',
    ],
  ],
  [
    'silence: of each offer all reasons, with what shows them',
    silent,
    'en',
    [
      'considered at 12:01:00, what is preferred first:',
      '  booster by push, worth 100: consent (state missing), cap (id day, count 1, most 1, until 00:00:00), gap (last touch 12:00:30, length 24h, until 12:00:30)',
      '  booster by sms, worth 100: taken, but cap (id day, count 1, most 1, until 00:00:00), gap (last touch 12:00:30, length 24h, until 12:00:30)',
      '  pack by sms, worth 50 (5 % accept: 10 of 200): cap (id day, count 1, most 1, until 00:00:00), gap (last touch 12:00:30, length 24h, until 12:00:30), ineligible (reason owned, product pack)',
      'judged by catalogue #',
    ],
  ],
  [
    'the same in Chinese',
    commanded,
    'zh',
    [
      '于 12:01:00 考虑过，优先者在前：',
      '  booster，push，价值 100：consent（状态 missing）',
      '  booster，sms，价值 100：选中',
      '  pack，sms，价值 50（接受概率 5 %：200 次中 10 次）：priority',
      '判定依据目录 #；命令 #',
    ],
  ],
] as const)('explain tells what was thought of, %s', (_, table, language, lines) => {
  expect(told(table, language)).toEqual(lines)
})
