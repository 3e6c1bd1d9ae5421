/** Formats by language, made once: making one takes longer than a thousand uses. What they give depends on their names alone. */

const made = new Map<string, unknown>()

function once<Format>(name: string, make: () => Format): Format {
  const held = made.get(name) as Format | undefined
  if (held !== undefined) return held
  const format = make()
  made.set(name, format)
  return format
}

/** The machine's own language, to which Intl turns where it doesn't know one, is no part of a catalogue. */
const inLanguage = (language: string): readonly string[] => [language, 'en']

/** `digits`: at most so many behind the point. */
export const numberFormat = (language: string, style: 'decimal' | 'percent', digits: number): Intl.NumberFormat =>
  once(
    `${style} ${language} ${digits}`,
    () =>
      new Intl.NumberFormat(inLanguage(language), { style, maximumFractionDigits: digits, signDisplay: 'negative' }),
  )

/** Of an ISO 4217 code; `digits`: those of its minor unit, 2 of CNY, 0 of JPY. */
export const moneyFormat = (
  language: string,
  currency: string,
): { readonly format: Intl.NumberFormat; readonly digits: number } =>
  once(`money ${language} ${currency}`, () => {
    const format = new Intl.NumberFormat(inLanguage(language), {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      trailingZeroDisplay: 'stripIfInteger',
      signDisplay: 'negative',
    })
    return { format, digits: format.resolvedOptions().maximumFractionDigits ?? 0 }
  })

const dateOptions = {
  day: { month: 'short', day: 'numeric' },
  full: { year: 'numeric', month: 'long', day: 'numeric' },
  weekday: { weekday: 'long' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>

/** Of local milliseconds: what a wall clock shows, counted as if it were UTC. One for all zones. */
export const dateFormat = (language: string, style: keyof typeof dateOptions): Intl.DateTimeFormat =>
  once(
    `date ${language} ${style}`,
    () =>
      new Intl.DateTimeFormat(inLanguage(language), { ...dateOptions[style], timeZone: 'UTC', calendar: 'gregory' }),
  )

export const pluralRules = (language: string): Intl.PluralRules =>
  once(`plural ${language}`, () => new Intl.PluralRules(inLanguage(language)))

const pluralOrder: readonly Intl.LDMLPluralRule[] = ['zero', 'one', 'two', 'few', 'many', 'other']

/** The plural forms of a language in a fixed order: of English one, other; of Chinese other. */
export const pluralForms = (language: string): readonly Intl.LDMLPluralRule[] =>
  once(`forms ${language}`, () => {
    const { pluralCategories } = pluralRules(language).resolvedOptions()
    return pluralOrder.filter((form) => pluralCategories.includes(form))
  })

/**
 * Spaces that don't break, thin ones, true minus signs and marks of direction are not in GSM 03.38: one of them would make a
 * short message one of 70 characters.
 */
export const plain = (text: string): string =>
  text
    .replaceAll(/[\u00a0\u2009\u202f]/g, ' ')
    .replaceAll(/[\u2212\u2013]/g, '-')
    .replaceAll(/[\u200e\u200f\u061c]/g, '')
