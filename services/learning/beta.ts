/**
 * The beta distribution, as far as learning asks. npm's exact implementations come with two hundred packages or lose their digits
 * at counts above some thousands; these few lines hold 1e-9 from counts of hundredths to millions (test/learning/beta.test.ts).
 */

/** ln Γ(x), x > 0: Lanczos' approximation with g = 7 and 9 terms (P. Godfrey, 2001). */
function logGamma(x: number): number {
  // Below a half its error grows: Γ(x) = Γ(x + 1) / x.
  if (x < 0.5) return logGamma(x + 1) - Math.log(x)
  let sum = lanczos[0] as number
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] as number) / (x - 1 + i)
  const t = x + 6.5
  return halfLogTwoPi + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI)
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

/** Terms of the fraction go as the root of the counts: enough for a hundred million of them. */
const termsMost = 20_000

/**
 * The share of Beta(alpha, beta) at or below `x` (0..1), alpha and beta above 0: the continued fraction DLMF 8.17.22, by Lentz'
 * method.
 */
export function betaShareBelow(x: number, alpha: number, beta: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // It converges quickly on this side of the mean only.
  if (x > (alpha + 1) / (alpha + beta + 2)) return 1 - betaShareBelow(1 - x, beta, alpha)
  const front = logGamma(alpha + beta) - logGamma(alpha) - logGamma(beta)
  const scale = Math.exp(front + alpha * Math.log(x) + beta * Math.log1p(-x)) / alpha
  let c = 1
  let d = 1 / notZero(1 - ((alpha + beta) * x) / (alpha + 1))
  let fraction = d
  for (let m = 1; m <= termsMost; m++) {
    const even = (m * (beta - m) * x) / ((alpha + 2 * m - 1) * (alpha + 2 * m))
    d = 1 / notZero(1 + even * d)
    c = notZero(1 + even / c)
    fraction *= c * d
    const odd = (-(alpha + m) * (alpha + beta + m) * x) / ((alpha + 2 * m) * (alpha + 2 * m + 1))
    d = 1 / notZero(1 + odd * d)
    c = notZero(1 + odd / c)
    const change = c * d
    fraction *= change
    if (Math.abs(change - 1) < 1e-15) break
  }
  return scale * fraction
}

const notZero = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value)

/**
 * Below which a share `p` (0..1) of Beta(alpha, beta) lies. Of a `p` that is evenly drawn it is a sample, so that the same draw
 * gives the same sample, and nearly the same one when a count has changed a little. A count of 0 is a certainty.
 * By bisection: to the last bit where that is as cheap as a hundred halvings.
 * @throws RangeError of a negative count, of two that are 0, or of a `p` outside 0..1
 */
export function betaQuantile(p: number, alpha: number, beta: number): number {
  if (!(p >= 0 && p <= 1 && alpha >= 0 && beta >= 0 && alpha + beta > 0)) {
    throw new RangeError(`no quantile ${p} of Beta(${alpha}, ${beta})`)
  }
  if (alpha === 0) return 0
  if (beta === 0) return 1
  let low = 0
  let high = 1
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (betaShareBelow(middle, alpha, beta) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** From and to, 0..1: the true rate is between them with this confidence, of `hits` in `trials`. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Of a rate of which nothing else is known: Jeffreys' interval, the middle part of Beta(hits + ½, misses + ½)
 * (Brown, Cai, DasGupta 2001); 0 and 1 where all or none were hits.
 */
export function rateInterval(hits: number, trials: number, confidence: number): Interval {
  const [h, m] = [Math.max(0, hits), Math.max(0, trials - hits)]
  const tail = (1 - confidence) / 2
  return {
    low: h === 0 ? 0 : betaQuantile(tail, h + 0.5, m + 0.5),
    high: m === 0 ? 1 : betaQuantile(1 - tail, h + 0.5, m + 0.5),
  }
}

/** The rate is above this with the given confidence, and below the other with the same. */
export const rateAtLeast = (hits: number, trials: number, confidence: number): number =>
  hits <= 0 ? 0 : betaQuantile(1 - confidence, hits + 0.5, Math.max(0, trials - hits) + 0.5)

export const rateAtMost = (hits: number, trials: number, confidence: number): number =>
  hits >= trials ? 1 : betaQuantile(confidence, hits + 0.5, trials - hits + 0.5)
