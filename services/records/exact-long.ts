import avsc from 'avsc'

/** avsc's cursor over bytes, as far as it is used here. */
interface Tap {
  readonly buf: Uint8Array
  pos: number
}

/**
 * avsc's own long goes wrong beyond ±2^52: zigzag doubles the number, and its arithmetic is in doubles (-(2^52) - 1 comes
 * back positive), and it refuses ±(2^53 - 1). This one is exact for all safe integers.
 */
class ExactLong extends avsc.types.LongType {
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: unknown) => void): boolean {
    const right = Number.isSafeInteger(value)
    if (!right && hook) hook(value, this)
    return right
  }

  _read(tap: Tap): number {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = tap.buf[tap.pos++] ?? 0
      low |= (byte & 127) << shift
      if (byte < 128) return (low >>> 1) ^ -(low & 1)
    }
    let high = 0
    let factor = 1
    let byte: number
    do {
      byte = tap.buf[tap.pos++] ?? 0
      high += (byte & 127) * factor
      factor *= 128
    } while (byte > 127)
    const magnitude = (low >>> 1) + high * 2 ** 27
    const value = low & 1 ? -magnitude - 1 : magnitude
    if (!Number.isSafeInteger(value)) throw new RangeError('a long beyond 2^53')
    return value
  }

  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError('not a safe integer')
    const magnitude = value < 0 ? -value - 1 : value
    // The zigzag number in two parts: its low 28 bits and the rest.
    let low = ((magnitude % 2 ** 27) << 1) | (value < 0 ? 1 : 0)
    let high = Math.floor(magnitude / 2 ** 27)
    for (let i = 0; i < 4; i++) {
      const more = low > 127 || high > 0
      tap.buf[tap.pos++] = (low & 127) | (more ? 128 : 0)
      if (!more) return
      low >>>= 7
    }
    for (;;) {
      const more = high > 127
      tap.buf[tap.pos++] = (high % 128) | (more ? 128 : 0)
      if (!more) return
      high = Math.floor(high / 128)
    }
  }
}

export const exactLong = new ExactLong()
