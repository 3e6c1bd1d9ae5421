/** Random numbers of splitmix64 in two halves of 32 bits: the reference's sequence, without a BigInt per number. */
export class SplitMix64 {
  #high: number
  #low: number
  /** The halves of the number drawn last, unsigned. */
  high = 0
  low = 0

  /** `seed` from 0 to 2^53. */
  constructor(seed: number) {
    this.#high = Math.floor(seed / 2 ** 32) >>> 0
    this.#low = seed >>> 0
  }

  next(): void {
    const low = this.#low + 0x7f4a7c15
    this.#high = (this.#high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0
    this.#low = low >>> 0
    this.high = this.#high
    this.low = this.#low
    this.#mix(30, 0xbf58476d, 0x1ce4e5b9)
    this.#mix(27, 0x94d049bb, 0x133111eb)
    this.low = (this.low ^ ((this.low >>> 31) | (this.high << 1))) >>> 0
    this.high = (this.high ^ (this.high >>> 31)) >>> 0
  }

  /** Whole, from 0 to n - 1; n below 2^31. */
  below(n: number): number {
    this.next()
    return (this.high >>> 1) % n
  }

  /** From 0 to 1, of 53 bits. */
  unit(): number {
    this.next()
    return (this.high * 2 ** 21 + (this.low >>> 11)) * 2 ** -53
  }

  /** z = (z ^ z >>> shift) * factor, modulo 2^64. */
  #mix(shift: number, factorHigh: number, factorLow: number): void {
    const low = (this.low ^ ((this.low >>> shift) | (this.high << (32 - shift)))) >>> 0
    const high = (this.high ^ (this.high >>> shift)) >>> 0
    const low16 = low & 0xffff
    const low32 = low >>> 16
    const factor16 = factorLow & 0xffff
    const factor32 = factorLow >>> 16
    const a = low16 * factor16
    const b = low32 * factor16 + (a >>> 16)
    const c = low16 * factor32 + (b % 0x10000)
    this.low = (((c % 0x10000) << 16) | (a & 0xffff)) >>> 0
    const carry = low32 * factor32 + Math.floor(b / 0x10000) + Math.floor(c / 0x10000)
    this.high = (Math.imul(high, factorLow) + Math.imul(low, factorHigh) + (carry | 0)) >>> 0
  }
}
