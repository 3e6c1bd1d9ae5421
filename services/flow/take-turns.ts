import type { Handling } from './handling.ts'
import type { Residents } from './residents.ts'

/** Loads those whose turn it is at the places outside, and lets each take it. Called in vain, the turn goes to the next. */
export async function takeTurns<Effect, EffectResult>(
  handling: Handling<Effect, EffectResult>,
  residents: Residents,
): Promise<void> {
  const { lanes } = handling
  const called = lanes.called.length
  if (called === 0) return
  handling.touch()
  // Until they are loaded they stay with the lanes, which pass them on if the shard ends.
  await residents.forKeys(lanes.called.map(({ key }) => key))
  handling.turns(lanes.takeTurns(called))
}
