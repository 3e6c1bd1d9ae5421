/**
 * Where a slab's records are, by their keys' hashes: open addressing, a slot of two words (hash, pointer; pointer 0: free).
 * The slab looks for itself, in `slots`, as only it can compare keys.
 */
export class SlabIndex {
  slots: Int32Array
  /** Number of slots less one, which is a power of two less one. */
  mask: number

  constructor(size: number) {
    this.mask = size - 1
    this.slots = new Int32Array(2 * size)
  }

  get byteLength(): number {
    return this.slots.byteLength
  }

  /** Sees to it that there is room for so many. */
  fit(records: number): void {
    if (records <= (this.mask + 1) * 0.6) return
    const old = this.slots
    this.mask = this.mask * 2 + 1
    this.slots = new Int32Array(2 * (this.mask + 1))
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.enter(old[i] as number, old[i + 1] as number)
  }

  enter(hash: number, pointer: number): void {
    let slot = hash & this.mask
    while (this.slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.mask
    this.slots[2 * slot] = hash
    this.slots[2 * slot + 1] = pointer
  }

  /** Pointer of the first record with this hash, whatever its key; 0: there is none. */
  firstOf(hash: number): number {
    const { slots, mask } = this
    let slot = hash & mask
    while (slots[2 * slot] !== hash && slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask
    return slots[2 * slot + 1] as number
  }

  move(hash: number, from: number, to: number): void {
    this.slots[2 * this.slotOf(hash, from) + 1] = to
  }

  remove(hash: number, pointer: number): void {
    const { slots, mask } = this
    let hole = this.slotOf(hash, pointer)
    // Backward shift, so that no tombstones are needed.
    for (let next = (hole + 1) & mask; slots[2 * next + 1] !== 0; next = (next + 1) & mask) {
      const home = (slots[2 * next] as number) & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      slots[2 * hole] = slots[2 * next] as number
      slots[2 * hole + 1] = slots[2 * next + 1] as number
      hole = next
    }
    slots[2 * hole] = 0
    slots[2 * hole + 1] = 0
  }

  private slotOf(hash: number, pointer: number): number {
    let slot = hash & this.mask
    while (this.slots[2 * slot + 1] !== pointer) slot = (slot + 1) & this.mask
    return slot
  }
}
