/** A member of a consumer group as the assigner sees it. */
export interface GroupMemberState {
  readonly id: string
  /** Shards that it held when it joined. */
  readonly owned: readonly number[]
  /** When it got them, milliseconds since 1970: of two that claim a shard, the later one has it. */
  readonly since: number
}

/**
 * Shares `shards` (0 to shards - 1) among the members: each gets shards / members of them, rounded down or up, and as
 * few shards as possible change hands. The same members give the same result in whatever order they come.
 */
export function assignShards(shards: number, members: readonly GroupMemberState[]): Map<string, number[]> {
  const assigned = new Map<string, number[]>()
  if (members.length === 0) return assigned
  const owners = currentOwners(shards, members)
  const owned = members
    .map(({ id }) => ({ id, shards: owners.flatMap((owner, shard) => (owner === id ? [shard] : [])) }))
    // Those that hold most get the larger shares: it keeps most where it is.
    .sort((a, b) => b.shards.length - a.shards.length || (a.id < b.id ? -1 : 1))
  const share = Math.floor(shards / members.length)
  const larger = shards % members.length
  const quotas = owned.map((member, rank) => ({ ...member, quota: share + (rank < larger ? 1 : 0) }))

  for (const { id, shards: held, quota } of quotas) assigned.set(id, held.slice(0, quota))
  const kept = new Set([...assigned.values()].flat())
  const free = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !kept.has(shard))
  for (const { id, quota } of quotas) {
    const mine = assigned.get(id) ?? []
    mine.push(...free.splice(0, quota - mine.length))
    mine.sort((a, b) => a - b)
  }
  return assigned
}

function currentOwners(shards: number, members: readonly GroupMemberState[]): (string | null)[] {
  const owners: (string | null)[] = new Array(shards).fill(null)
  const byAge = [...members].sort((a, b) => a.since - b.since || (a.id < b.id ? 1 : -1))
  for (const { id, owned } of byAge) {
    for (const shard of owned) if (Number.isInteger(shard) && shard >= 0 && shard < shards) owners[shard] = id
  }
  return owners
}
