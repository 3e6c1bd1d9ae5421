/**
 * Of each cut the least value that was seen below which at least that part of all lies: who has it or more is not in a part larger
 * than the rest. All who have the same value are on the same side. null: so many share the greatest value that there is none.
 *
 * @param sorted in order, the least first; not empty
 * @param cuts between 0 and 1
 */
export const thresholdsOf = (sorted: Float64Array, cuts: readonly number[]): readonly (number | null)[] =>
  cuts.map((cut) => {
    // 0.07 of 100 is a little more than 7 in doubles.
    const below = Math.ceil(cut * sorted.length - tolerance)
    const value = sorted[below] as number
    if (below === 0 || (sorted[below - 1] as number) < value) return value
    return sorted.find((other, i) => i > below && other > value) ?? null
  })

const tolerance = 1e-9
