import type { Activation } from '../rules/activation.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { Scheduled } from './schedule.ts'

interface Before extends Activation {
  readonly catalogue: Catalogue
}

/** The first version of all: in force from the beginning of time. */
export const fromTheBeginning: Activation = {
  activatedAt: Number.NEGATIVE_INFINITY,
  rulesSince: {},
  changedSince: {},
}

/**
 * Since when the rules of a version that takes the place of `before` at `activatedAt` are in force. A rule that was there
 * before goes on; one that is new, or was away in between, begins with this version.
 */
export function activationAfter(before: Before, { ruleset }: Catalogue, activatedAt: number): Activation {
  const earlier = new Map(before.catalogue.ruleset.rules.map(({ id, version }) => [id, version]))
  const rulesSince: Record<string, number> = {}
  const changedSince: Record<string, number> = {}
  const set = (since: Record<string, number>, id: string, time: number | undefined) => {
    if (time !== undefined) since[id] = time
  }
  for (const { id, version } of ruleset.rules) {
    set(rulesSince, id, earlier.has(id) ? before.rulesSince[id] : activatedAt)
    set(changedSince, id, earlier.get(id) === version ? before.changedSince[id] : activatedAt)
  }
  return { activatedAt, rulesSince, changedSince }
}

/** Catalogues that follow one another, the first of them from the beginning of time. */
export function inSuccession(
  first: Catalogue,
  later: readonly { readonly activatesAt: number; readonly catalogue: Catalogue }[],
): Scheduled[] {
  let before: Before = { catalogue: first, ...fromTheBeginning }
  const versions: Scheduled[] = [{ number: 1, ...fromTheBeginning, catalogue: () => first }]
  for (const [i, { catalogue, activatesAt }] of later.entries()) {
    const activation = activationAfter(before, catalogue, activatesAt)
    versions.push({ number: i + 2, ...activation, catalogue: () => catalogue })
    before = { catalogue, ...activation }
  }
  return versions
}
