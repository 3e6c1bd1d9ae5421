/**
 * Writes a Redis command (RESP: an array of bulk strings) into a buffer that is known to be large enough. `room` says
 * how much a bulk string of so many bytes takes at most.
 */
export class RespWriter {
  readonly buffer: Buffer
  end = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  static room(bytes: number): number {
    return bytes + 16
  }

  static roomOf(command: readonly (string | Uint8Array)[]): number {
    let room = RespWriter.room(0)
    for (const part of command) room += RespWriter.room(Buffer.byteLength(part))
    return room
  }

  command(parts: readonly (string | Uint8Array)[]): void {
    this.array(parts.length)
    for (const part of parts) {
      if (typeof part === 'string') this.text(part)
      else this.bytes(part)
    }
  }

  array(count: number): void {
    this.#header(0x2a, count)
  }

  /** Announces a bulk string; its bytes go to `end`, which the caller moves, and `close` follows. */
  open(length: number): void {
    this.#header(0x24, length)
  }

  close(): void {
    this.buffer[this.end++] = 13
    this.buffer[this.end++] = 10
  }

  text(value: string): void {
    this.open(Buffer.byteLength(value))
    this.end += this.buffer.write(value, this.end)
    this.close()
  }

  bytes(value: Uint8Array): void {
    this.open(value.length)
    this.buffer.set(value, this.end)
    this.end += value.length
    this.close()
  }

  #header(mark: number, count: number): void {
    this.buffer[this.end++] = mark
    this.#digits(count)
    this.close()
  }

  #digits(value: number): void {
    const end = this.end + digits(value)
    for (let i = end - 1, rest = value; i >= this.end; i--) {
      this.buffer[i] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    this.end = end
  }
}

/** Decimal digits of an integer from 0 to 2^53. */
function digits(value: number): number {
  let count = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) count++
  return count
}
