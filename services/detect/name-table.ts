/** Names by small numbers which stay the same as long as the state lives: records hold the number. */
export class NameTable {
  private held: string[] = []

  get names(): readonly string[] {
    return this.held
  }

  restore(names: readonly string[]): void {
    this.held = [...names]
  }

  /** undefined: no such number. */
  name(number: number): string | undefined {
    return number < 0 ? undefined : this.held[number]
  }

  numberOf(name: string): number {
    const found = this.held.indexOf(name)
    return found >= 0 ? found : this.held.push(name) - 1
  }
}
