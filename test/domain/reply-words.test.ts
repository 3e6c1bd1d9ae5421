import { expect, it } from 'vitest'
import { beginsWith, plainWords } from '../../services/domain/reply-words.ts'

it.each`
  text                    | plain
  ${'Stop!!'}             | ${'stop'}
  ${' ＳＴＯＰ '}         | ${'stop'}
  ${'“Opt-Out”, please.'} | ${'opt out please'}
  ${'\u200bTD\u200b'}     | ${'td'}
  ${'रोकें'}                | ${'रोकें'}
  ${'*2#'}                | ${'*2#'}
  ${'👍'}                 | ${''}
  ${'...'}                | ${''}
`('$text is compared as $plain', ({ text, plain }) => {
  expect(plainWords(text)).toBe(plain)
})

it.each`
  text          | word             | begins
  ${'stop'}     | ${'stop'}        | ${true}
  ${'stop now'} | ${'stop'}        | ${true}
  ${'stopover'} | ${'stop'}        | ${false}
  ${'stop2'}    | ${'stop'}        | ${false}
  ${'td谢谢'}   | ${'td'}          | ${true}
  ${'退订谢谢'} | ${'退订'}        | ${true}
  ${'不要退订'} | ${'退订'}        | ${false}
  ${'no more'}  | ${'no more ads'} | ${false}
`('$text begins with $word: $begins', ({ text, word, begins }) => {
  expect(beginsWith(text, word)).toBe(begins)
})
