import type { EventFactor } from '../ruleset.ts'
import type { FactorPlan, LanePlan } from './lane-plan.ts'
import { periodsOf, placeOf } from './track-kinds.ts'
import type { SweptWindow } from './tracks/ring-sweep.ts'

/** Factors of one ring that are read together: the first of them that is asked for reads all. */
export interface RingSweep {
  /** Number of the ring's track. */
  readonly track: number
  /** The least place of its factors. */
  readonly first: number
  /** `place` is that of the factor in its lane. */
  readonly windows: readonly SweptWindow[]
}

/** The counts and sums of a lane over windows that end with the period of the instant, by their rings. */
export function sweepsOf({ factors }: Pick<LanePlan, 'factors'>): readonly RingSweep[] {
  const sweeps = new Map<number, SweptWindow[]>()
  factors.forEach((plan, place) => {
    const window = windowOf(plan)
    if (!window || !plan.track) return
    const windows = sweeps.get(plan.track.number) ?? []
    windows.push({ ...window, place })
    sweeps.set(plan.track.number, windows)
  })
  // In the order of blocks, so that who reads one after the other needn't search again.
  return [...sweeps]
    .map(([track, windows]) => ({
      track,
      first: windows.reduce((least, { place }) => Math.min(least, place), Infinity),
      windows,
    }))
    .sort((a, b) => a.track - b.track)
}

function windowOf({ factor: { definition }, track }: FactorPlan): Omit<SweptWindow, 'place'> | undefined {
  if (definition.kind !== 'events' || track?.layout.kind !== 'ring' || !isSum(definition)) return undefined
  const { ago, periods } = periodsOf(definition.window)
  return ago > 0 ? undefined : { column: placeOf(track.layout.parameters.columns, definition), periods }
}

const isSum = ({ aggregate: { kind } }: EventFactor): boolean => kind === 'count' || kind === 'sum'
