import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignShards, type GroupMemberState } from '../../../../services/flow/adapters/kafka/assignment.ts'

/** `a:0,1@5 b` is: a holds 0 and 1 since 5; b is new. */
function membersOf(text: string): GroupMemberState[] {
  return text.split(' ').flatMap((part) => {
    const [, id, owned = '', since = '1'] = /^(\w+)(?::([\d,]*))?(?:@(\d+))?$/.exec(part) ?? []
    return id === undefined ? [] : [{ id, owned: owned.split(',').filter(Boolean).map(Number), since: Number(since) }]
  })
}
const tableOf = (assigned: ReadonlyMap<string, readonly number[]>) =>
  [...assigned]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, shards]) => `${id}:${shards}`)
    .join(' ')

describe('the assigner of shards', () => {
  it.each([
    ['a new group', 4, 'a', 'a:0,1,2,3'],
    ['two at once', 5, 'a b', 'a:0,1,2 b:3,4'],
    ['a second comes', 4, 'a:0,1,2,3 b', 'a:0,1 b:2,3'],
    ['a third comes', 6, 'a:0,1,2 b:3,4,5 c', 'a:0,1 b:3,4 c:2,5'],
    ['one of three goes', 6, 'a:0,1 c:2,5', 'a:0,1,3 c:2,4,5'],
    ['nothing changes', 5, 'a:1,3 b:0,2,4', 'a:1,3 b:0,2,4'],
    ['a stranger takes the place of another', 4, 'a:0,1 c', 'a:0,1 c:2,3'],
    ['two claim the same, the later one has it', 4, 'a:0,1@5 b:0,1@9', 'a:2,3 b:0,1'],
    ['claims of shards that do not exist', 2, 'a:7,9 b:1', 'a:0 b:1'],
    ['more members than shards', 2, 'a:0 b:1 c', 'a:0 b:1 c:'],
  ])('%s', (_, shards, members, expected) => {
    expect(tableOf(assignShards(shards, membersOf(members)))).toBe(expected)
  })

  it('gives nothing to nobody', () => {
    expect(assignShards(4, []).size).toBe(0)
  })

  const member = (shards: number) =>
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 4 }),
      owned: fc.uniqueArray(fc.nat(shards + 1)),
      since: fc.nat(3),
    })
  const groups = fc.integer({ min: 1, max: 40 }).chain((shards) =>
    fc.record({
      shards: fc.constant(shards),
      members: fc.uniqueArray(member(shards), { selector: ({ id }) => id, minLength: 1, maxLength: 9 }),
    }),
  )

  it('gives each shard to one member, balanced within 1, whatever order they come in', () => {
    fc.assert(
      fc.property(groups, ({ shards, members }) => {
        const assigned = assignShards(shards, members)
        const all = [...assigned.values()].flat()
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: shards }, (_, i) => i))
        const sizes = members.map(({ id }) => assigned.get(id)?.length ?? -1)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect(assignShards(shards, [...members].reverse())).toEqual(assigned)
      }),
    )
  })

  it('moves as few shards as balance allows', () => {
    // Disjoint claims: of h shards held a member keeps at most its share, and the larger shares are worth most where
    // most is held. So the best total is the sum of min(held, share), over shares that fall with what is held.
    const disjoint = fc
      .record({ owners: fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }), members: fc.integer({ min: 1, max: 5 }) })
      .map(({ owners, members }) => ({
        shards: owners.length,
        // Owner 5 and those above `members` have left.
        members: Array.from({ length: members }, (_, m) => ({
          id: `m${m}`,
          since: 1,
          owned: owners.flatMap((owner, shard) => (owner === m ? [shard] : [])),
        })),
      }))
    fc.assert(
      fc.property(disjoint, ({ shards, members }) => {
        const assigned = assignShards(shards, members)
        const kept = members.reduce(
          (sum, { id, owned }) => sum + owned.filter((shard) => assigned.get(id)?.includes(shard)).length,
          0,
        )
        const held = members.map(({ owned }) => owned.length).sort((a, b) => b - a)
        const share = Math.floor(shards / members.length)
        const larger = shards % members.length
        const best = held.reduce((sum, count, rank) => sum + Math.min(count, share + (rank < larger ? 1 : 0)), 0)
        expect(kept).toBe(best)
      }),
    )
  })
})
