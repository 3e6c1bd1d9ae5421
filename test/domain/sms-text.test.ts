import fc from 'fast-check'
import smpp from 'smpp'
import { describe, expect, test } from 'vitest'
import { bodyLimits, decodeSms, encodeSms } from '../../services/domain/sms-text.ts'

const repeat = (text: string, times: number) => text.repeat(times)

describe('segments', () => {
  test.each([
    // what                                  text                              encoding  octets of each part
    ['nothing', '', 'gsm7', [0]],
    ['plain', 'Hello', 'gsm7', [5]],
    ['160 of the default alphabet', repeat('a', 160), 'gsm7', [160]],
    ['161', repeat('a', 161), 'gsm7', [153, 8]],
    ['306', repeat('a', 306), 'gsm7', [153, 153]],
    ['an extension character counts two', `${repeat('a', 158)}€`, 'gsm7', [160]],
    ['and may push it over', `${repeat('a', 159)}€`, 'gsm7', [153, 8]],
    ['an escape is not cut', `${repeat('a', 152)}€${repeat('a', 20)}`, 'gsm7', [152, 22]],
    ['Chinese', '您的余额不足', 'ucs2', [12]],
    ['70 characters of UCS-2', repeat('额', 70), 'ucs2', [140]],
    ['71', repeat('额', 71), 'ucs2', [134, 8]],
    ['a surrogate pair is not cut', `${repeat('额', 66)}😀${repeat('额', 10)}`, 'ucs2', [132, 24]],
    ['one character outside makes all of it UCS-2', 'a`', 'ucs2', [4]],
  ] as const)('%s', (_, text, encoding, octets) => {
    const encoded = encodeSms(text)
    expect(encoded.encoding).toBe(encoding)
    expect(encoded.parts.map((part) => part.length)).toEqual(octets)
  })
})

const gsmText = fc.string({ unit: fc.constantFrom(...'@£$¥èÇ\nØΔΩÆ !"#¤%az09ÄñüàAZ\f^{}\\[~]|€'), maxLength: 700 })
const anyText = fc.oneof(gsmText, fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }))

test('parts hold the limits, and together they are the text again, each readable by itself', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { encoding, parts } = encodeSms(text)
      const limit = parts.length === 1 ? bodyLimits[encoding].alone : bodyLimits[encoding].concatenated
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(limit)
      expect(parts.map((part) => decodeSms(encoding, part)).join('')).toBe(text)
      if (encoding === 'ucs2') for (const part of parts) expect(decodeSms(encoding, part).isWellFormed()).toBe(true)
    }),
  )
})

test('the alphabet agrees with the one of the smpp package', () => {
  fc.assert(
    fc.property(gsmText, (text) => {
      expect(encodeSms(text).encoding).toBe('gsm7')
      expect(Buffer.concat(encodeSms(text).parts).toString('hex')).toBe(
        smpp.encodings.ASCII.encode(text).toString('hex'),
      )
    }),
  )
})
