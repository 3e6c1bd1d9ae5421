/** Numbers below a limit, each once, in the order in which they came; emptied without a call into the runtime, unlike an array. */
export class NumbersInUse {
  count = 0
  readonly numbers: Int32Array
  private readonly isIn: Uint8Array

  constructor(limit: number) {
    this.numbers = new Int32Array(limit)
    this.isIn = new Uint8Array(limit)
  }

  add(number: number): void {
    if (this.isIn[number] === 1) return
    this.isIn[number] = 1
    this.numbers[this.count++] = number
  }

  at(i: number): number {
    return this.numbers[i] as number
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.isIn[this.numbers[i] as number] = 0
    this.count = 0
  }
}
