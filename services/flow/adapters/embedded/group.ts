import { type ShardId, shardId } from '../../../domain/ids.ts'
import type { JoinOptions, Membership, ShardFeed } from '../../event-log.ts'

type EndableFeed = ShardFeed & { end(): void }

interface Member {
  readonly options: JoinOptions
  readonly held: Map<ShardId, EndableFeed>
}

/** Shares the shards among the members which one process has joined to a group. */
export interface Group {
  join(options: JoinOptions): Promise<Membership>
  /** Ends all feeds without revoking: the log is closing. */
  stop(): void
}

export function createGroup(shards: number, createFeed: (options: JoinOptions, shard: ShardId) => EndableFeed): Group {
  let members: readonly Member[] = []
  let stopped = false
  // Rebalances run one after the other, each to its end.
  let rebalancing = Promise.resolve()

  function rebalance(): Promise<void> {
    rebalancing = rebalancing.then(async () => {
      const target = share(shards, members)
      for (const member of members) {
        for (const shard of heldBy(member)) if (target[shard] !== member) await revoke(member, shard)
      }
      for (const [shard, member] of target.entries()) if (member) assign(member, shardId(shard))
    })
    return rebalancing
  }

  async function revoke(member: Member, shard: ShardId): Promise<void> {
    member.held.get(shard)?.end()
    try {
      await member.options.revoked(shard)
    } catch (error) {
      member.options.failed(asError(error)) // the next owner fences it, so the shard can go on there
    }
    member.held.delete(shard)
  }

  function assign(member: Member, shard: ShardId): void {
    // Whoever left while the others were revoked gets nothing; its own leave runs the next rebalance.
    if (stopped || member.held.has(shard) || !members.includes(member)) return
    const feed = createFeed(member.options, shard)
    member.held.set(shard, feed)
    try {
      member.options.assigned(shard, feed)
    } catch (error) {
      member.options.failed(asError(error))
    }
  }

  return {
    async join(options) {
      const member: Member = { options, held: new Map() }
      let left: Promise<void> | undefined
      members = [...members, member]
      await rebalance()
      return {
        shards: () => heldBy(member),
        leave() {
          left ??= leave(member)
          return left
        },
      }
    },
    stop() {
      stopped = true
      for (const { held } of members) for (const feed of held.values()) feed.end()
    },
  }

  async function leave(member: Member): Promise<void> {
    members = members.filter((other) => other !== member)
    rebalancing = rebalancing.then(async () => {
      for (const shard of heldBy(member)) await revoke(member, shard)
    })
    await rebalance()
  }
}

const heldBy = ({ held }: Member): ShardId[] => [...held.keys()].sort((a, b) => a - b)

/** Who shall have each shard: as even as possible, and everyone keeps what it may. */
function share(shards: number, members: readonly Member[]): (Member | undefined)[] {
  const target: (Member | undefined)[] = Array.from({ length: shards })
  if (members.length === 0) return target
  const fewest = Math.floor(shards / members.length)
  let larger = shards % members.length
  const room = new Map<Member, number>()
  // The larger shares go to those who hold the most, so that the fewest shards move.
  for (const member of [...members].sort((a, b) => b.held.size - a.held.size)) {
    const quota = larger-- > 0 ? fewest + 1 : fewest
    const kept = heldBy(member).slice(0, quota)
    for (const shard of kept) target[shard] = member
    room.set(member, quota - kept.length)
  }
  for (const [shard, owner] of target.entries()) {
    if (owner) continue
    const next = members.find((member) => (room.get(member) ?? 0) > 0)
    if (!next) break
    target[shard] = next
    room.set(next, (room.get(next) ?? 0) - 1)
  }
  return target
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
