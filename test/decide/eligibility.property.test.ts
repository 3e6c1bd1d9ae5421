import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Order, Profile } from '../../services/records/types.ts'
import type { Offer } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { commandsOf, decisionsOf, momentAt, run, type Timed } from './streams.ts'

const hour = 60 * 60_000
const start = Date.parse('2026-01-12T00:00Z')
/** When the first input arrives, behind all that they tell of: at 18:00 in Shanghai, so that midnight lies between arrivals. */
const arrivals = start + 106 * hour

const product = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const products = fc.uniqueArray(product, { maxLength: 3 })
const whose = { subscriber_id: 's', source: 'crm' } as const

type Told =
  | { readonly kind: 'order'; readonly product: string; readonly action: Order['action'] }
  | { readonly kind: 'list'; readonly products: readonly string[] }
  | { readonly kind: 'plan'; readonly plan: string }
  | { readonly kind: 'end' }

const told: fc.Arbitrary<Told> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      product,
      action: fc.constantFrom('subscribe', 'subscribe', 'unsubscribe', 'renew', 'change'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('list' as const), products }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('plan' as const), plan: product }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'end' as const }) },
)

/** What was told, each at its own time, in any order of arrival. */
const history = fc
  .array(told, { maxLength: 12 })
  .map((all) => all.map((one, index) => ({ ...one, at: start + (index + 1) * hour })))
  .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))

const offer = fc.record(
  {
    kind: fc.constantFrom('data', 'broadband', 'service-action'),
    product,
    repeatable: fc.boolean(),
    requires: fc.array(fc.uniqueArray(product, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
    conflicts: products,
    replaces: products,
    segments: fc.constantFrom({ value: ['high'] }, { value: ['high', 'low'], kind: ['steady'] }),
    valid: fc.constantFrom({ from: '2026-01-17' }, { to: '2026-01-16' }, { from: '2026-01-01', to: '2026-12-31' }),
  },
  { requiredKeys: [] },
)

const offers = fc
  .array(offer, { minLength: 1, maxLength: 4 })
  .map((all) =>
    all.map((one, index) => ({ ...one, id: `o${index}`, title: { en: 'O' }, message: { en: 'Hello' } }) as Offer),
  )

const segments = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { value: 'high' },
  { value: 'low', kind: 'steady' },
  { value: 'high', kind: 'to-repair' },
)

const repairFirst = [{ segment: 'to-repair', kinds: ['data', 'broadband'] }] as const

/** What is had, told naively: all that was heard of, in the order in which it happened. */
function hadBy(heard: readonly (Told & { readonly at: number })[], all: readonly Offer[]): ReadonlySet<string> {
  let listed = new Set<string>()
  let plan: string | undefined
  for (const one of heard.toSorted((a, b) => a.at - b.at)) {
    switch (one.kind) {
      case 'list':
        listed = new Set(one.products)
        break
      case 'plan':
        plan = one.plan
        break
      case 'end':
        listed = new Set()
        plan = undefined
        break
      case 'order': {
        const isTaken = one.action !== 'unsubscribe'
        const gone = isTaken
          ? all.flatMap(({ product: sold, replaces = [] }) => (sold === one.product ? replaces : []))
          : []
        for (const other of [...gone, one.product]) {
          listed.delete(other)
          if (plan === other) plan = undefined
        }
        if (isTaken) listed.add(one.product)
      }
    }
  }
  return new Set([...listed, ...(plan === undefined ? [] : [plan])])
}

/** The reasons that hold against an offer, in no order. */
function against(
  { product: sold, repeatable, requires = [], conflicts = [], valid, segments: allowed = {}, kind }: Offer,
  had: ReadonlySet<string>,
  cell: Readonly<Record<string, string>>,
  today: string,
): readonly string[] {
  const found: string[] = []
  if (valid?.from !== undefined && today < valid.from) found.push('not-yet-valid')
  if (valid?.to !== undefined && today > valid.to) found.push('no-longer-valid')
  if (cell.kind === 'to-repair' && kind !== 'service-action') found.push('repair-first')
  if (Object.entries(allowed).some(([name, ids]) => !ids.includes(cell[name] ?? ''))) found.push('segment')
  if (sold !== undefined && !repeatable && had.has(sold)) found.push('owned')
  if (conflicts.some((other) => had.has(other))) found.push('conflict')
  if (requires.some((alternatives) => alternatives.every((one) => !had.has(one)))) found.push('missing')
  return found
}

const inputOf = (one: Told & { readonly at: number }, id: number, arrived: number): Timed => {
  const head = { ...whose, event_id: `e${id}`, event_time: one.at }
  if (one.kind === 'order') {
    const value: Order = { ...head, order_id: `${id}`, product_id: one.product, action: one.action }
    return { at: arrived, input: { type: 'order', value } }
  }
  const value: Profile = {
    ...head,
    ...(one.kind === 'list' && { products: one.products }),
    ...(one.kind === 'plan' && { plan: one.plan }),
    ...(one.kind === 'end' && { status: 'deactivated' }),
  }
  return { at: arrived, input: { type: 'profile', value } }
}

it('commands nothing that is owned, conflicts or lacks what it needs, and names for all that is left out a reason that holds', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(
      offers,
      history,
      segments,
      fc.constantFrom('marketing', 'service', 'regulatory'),
      (all, heard, cell, purpose) => {
        const catalogue = { ...catalogueWith({ quietHours: [], caps: [], gaps: {}, repairFirst }), offers: all }
        const stream: Timed[] = []
        const before: (Told & { readonly at: number })[][] = []
        heard.forEach((one, index) => {
          const arrived = arrivals + index * hour
          stream.push(inputOf(one, index, arrived))
          const moment = momentAt(`m${index}`, purpose as 'service', arrived + 1, arrived + hour)
          const value = { ...moment, offers: all.map(({ id }) => id), segments: cell }
          stream.push({ at: arrived + 1, input: { type: 'moment', value } })
          before.push(heard.slice(0, index + 1))
        })
        const said = run(createDecideStep(catalogue), stream)
        const commands = commandsOf(said)
        const decisions = decisionsOf(said)
        expect(decisions).toHaveLength(heard.length)
        decisions.forEach((decision, index) => {
          const today = new Date(decision.decided_at + 8 * hour).toISOString().slice(0, 10)
          const had = hadBy(before[index] ?? [], all)
          const asked = purpose !== 'regulatory'
          const reasons = new Map(all.map((one) => [one.id, asked ? against(one, had, cell, today) : []]))
          const free = all.filter(({ id }) => reasons.get(id)?.length === 0)
          for (const candidate of decision.candidates) {
            const holds = reasons.get(candidate.offer) ?? []
            expect(candidate.codes.includes('ineligible'), candidate.offer).toBe(holds.length > 0)
            const evidence = candidate.offer === decision.offer ? decision.evidence : candidate.evidence
            const named = `${evidence['ineligible.reason'] ?? ''} ${evidence['ineligible.also'] ?? ''}`.trim()
            expect(named.split(' ').toSorted()).toEqual(holds.length > 0 ? holds.toSorted() : [''])
            for (const one of holds) seen.set(one, (seen.get(one) ?? 0) + 1)
          }
          // Nobody consented here, so that marketing is silent for that, too.
          const mayLeave = purpose !== 'marketing' && free.length > 0
          expect(decision.outcome).toBe(mayLeave ? 'command' : 'suppressed')
          if (!mayLeave) return
          expect(decision.offer).toBe(free[0]?.id)
          expect(commands.find(({ moment_id }) => moment_id === decision.moment_id)?.offer).toBe(free[0]?.id)
        })
      },
    ),
    { numRuns: 1000 },
  )
  const all = ['conflict', 'missing', 'no-longer-valid', 'not-yet-valid', 'owned', 'repair-first', 'segment']
  expect([...seen.keys()].sort()).toEqual(all)
})
