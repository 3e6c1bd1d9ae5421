/** The parts of the package that are read here; it ships no types. */
declare module 'lunar-javascript' {
  interface LunarMonth {
    getYear(): number
    /** 1..12; negative for a leap month. */
    getMonth(): number
    getDayCount(): number
    isLeap(): boolean
    /** Of its first day at noon. */
    getFirstJulianDay(): number
  }
  export const LunarYear: {
    fromYear(year: number): {
      /** 1..12; 0 for none. */
      getLeapMonth(): number
      getMonthsInYear(): LunarMonth[]
    }
  }
  export const Lunar: {
    fromYmd(
      year: number,
      month: number,
      day: number,
    ): {
      /** By the Chinese name of the solar term. */
      getJieQiTable(): Record<string, { toYmd(): string }>
    }
  }
}
