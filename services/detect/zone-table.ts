import { type TimeZone, timeZone } from '../domain/time-zones.ts'

/** Zones by small numbers which stay the same as long as the state lives: records hold the number. */
export class ZoneTable {
  private readonly fallback: TimeZone
  private zones: TimeZone[] = []

  /** `fallback`: for subscribers whose zone isn't known. @throws CodedError KM_TIME_ZONE_UNKNOWN */
  constructor(fallback: string) {
    this.fallback = timeZone(fallback)
  }

  get names(): readonly string[] {
    return this.zones.map((zone) => zone.name)
  }

  restore(names: readonly string[]): void {
    this.zones = names.map(timeZone)
  }

  /** -1: the zone of a subscriber whose zone isn't known. */
  zone(number: number): TimeZone {
    // An array asked for what it doesn't have is slow, and most subscribers' zones aren't known.
    return number < 0 ? this.fallback : (this.zones[number] ?? this.fallback)
  }

  /** @throws CodedError KM_TIME_ZONE_UNKNOWN */
  numberOf(name: string): number {
    const found = this.zones.findIndex((zone) => zone.name === name)
    return found >= 0 ? found : this.zones.push(timeZone(name)) - 1
  }
}
