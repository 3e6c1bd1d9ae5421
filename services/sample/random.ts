/** Numbers that look random and follow from a seed: SplitMix32 (Steele, Lea and Flood 2014, in its 32-bit form). */
export interface Random {
  /** 0 <= x < 1 */
  next(): number
  /** 0 <= n < below */
  whole(below: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
}

export function createRandom(...seeds: readonly number[]): Random {
  let state = 0
  const mix = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  for (const seed of seeds) state = (mix() ^ Math.imul(seed, 0x85ebca6b)) | 0
  const next = () => mix() / 4_294_967_296
  return {
    next,
    whole: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
  }
}
