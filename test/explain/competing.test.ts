import { expect, test } from 'vitest'
import { decideLines } from '../../services/explain/decide-text.ts'
import { decideView } from '../../services/explain/decide-view.ts'
import { momentAnswer } from '../../services/explain/moment-answer.ts'
import { sentences } from '../../services/explain/sentences.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { commandOfMoment, play } from '../decide/timeline.ts'

const offers = ['poor', 'rich'].map((id, i) => ({
  id,
  title: { en: id },
  message: { en: id },
  value: i + 1,
  acceptance: 1,
}))
const catalogue = { ...catalogueWith({ caps: [], gaps: {}, competition: { marketing: 5_000 } }), offers }
const clock = (time: number | string) =>
  new Date(time).toLocaleTimeString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 8)
const waiting = `
  03-02 12:00         profile sms/marketing=granted
  03-02 12:01         moment a offers=poor
  03-02 12:01:01.000  moment b offers=rich`
const lost = `${waiting}
  03-02 12:01:05.000  -                        suppressed a priority, command b`
const options = { catalogue, takesBack: true }
const command = commandOfMoment('b')

test.each([
  [
    'en',
    'waits until 12:01:05 for others that may be worth more: marketing (a)',
    `lost to the command ${command}, and is judged again if that doesn't leave: marketing (a)`,
    `the command ${command} was taken back; nothing was heard of it since`,
  ],
  [
    'zh',
    '等待至 12:01:05，与其他可能更有价值的内容比较：marketing（a）',
    `让位于命令 ${command}，若其未发出则重新判定：marketing（a）`,
    `命令 ${command} 已撤回，此后尚无回执`,
  ],
] as const)('what competes, has lost or was taken back says so (%s)', (language, waits, loses, takenBack) => {
  const lines = (table: string) => {
    const { state } = play(table, options)
    return decideLines(decideView(state, catalogue, Date.parse('2026-03-02T04:03:00Z')), clock, sentences[language])
  }
  expect(lines(waiting)).toContain(waits)
  expect(lines(lost)).toContain(loses)
  expect(lines(`${lost}\n03-02 12:02  reply stop  withdrawn b consent`)).toContain(takenBack)
})

test.each([
  [
    'en',
    /^suppressed by priority at 12:01:05 \(Something else was worth more to say\): winner b, .*winner score 2, score 1/,
  ],
  ['zh', /^于 12:01:05 被 priority 拦下/],
] as const)('the decision names what was worth more, with both scores (%s)', (language, words) => {
  const { decisions } = play(lost, options)
  const { became } = momentAnswer(
    { moment: undefined, decisions: decisions.slice(0, 1) },
    clock,
    sentences[language],
    null,
    new Map(),
  )
  expect(became).toMatch(words)
})

test('a command that was taken back says by what', () => {
  const { decisions } = play(`${lost}\n03-02 12:02  reply stop  withdrawn b consent`, options)
  const { became } = momentAnswer(
    { moment: undefined, decisions: decisions.slice(1) },
    clock,
    sentences.en,
    null,
    new Map(),
  )
  expect(became).toMatch(/^its command was taken back by consent at 12:02:00, to leave no more if it hadn't left/)
})
