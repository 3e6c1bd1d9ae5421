import { type ShardId, shardId } from '../../services/domain/ids.ts'
import type { JoinOptions, Membership, ShardFeed } from '../../services/flow/event-log.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'

type EndableFeed = ShardFeed & { end(): void }

interface Member {
  readonly process: Process
  readonly options: JoinOptions
  readonly createFeed: (shard: ShardId) => EndableFeed
  /** What the member takes to be its own; it may be wrong. */
  readonly held: Map<ShardId, EndableFeed>
}

/** So long is a member waited for which gives a shard back. */
const revokeMs = 30_000

/**
 * The coordinator of one group. It moves shards between members as the seed says, and takes them from members that don't
 * answer: those go on with them until they are told.
 */
export class SimulatedGroup {
  readonly #world: World
  readonly #owners: (Member | undefined)[]
  #members: Member[] = []
  #turn: Promise<void> = Promise.resolve()

  constructor(world: World, shards: number) {
    this.#world = world
    this.#owners = Array.from({ length: shards })
  }

  async join(process: Process, options: JoinOptions, createFeed: Member['createFeed']): Promise<Membership> {
    const member: Member = { process, options, createFeed, held: new Map() }
    this.#members.push(member)
    // As with Kafka, shards are at work before who joined hears of all of them.
    void this.rebalance()
    return {
      shards: () => [...member.held.keys()],
      leave: async () => {
        this.#members = this.#members.filter((other) => other !== member)
        await this.rebalance()
      },
    }
  }

  /** Shares the shards anew: some move though nobody came or left. */
  rebalance(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      for (const number of this.#owners.keys()) await this.#place(shardId(number))
    })
    return this.#turn
  }

  /** The process is gone, as far as the coordinator knows: its shards go to others, and it hears of that when it can. */
  evict(process: Process): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      for (const [number, owner] of this.#owners.entries()) {
        if (owner?.process !== process) continue
        this.#owners[number] = undefined
        this.#tellLater(owner, shardId(number), this.#world.random.next() * 20_000)
      }
      if (!process.isAlive) this.#members = this.#members.filter((member) => member.process !== process)
    })
    return this.rebalance()
  }

  async #place(shard: ShardId): Promise<void> {
    const { random } = this.#world
    const owner = this.#owners[shard]
    const present = this.#members.filter(
      ({ process, held }) => process.isAlive && !process.isPaused && !held.has(shard),
    )
    const isGone = !owner || !this.#members.includes(owner)
    const next = isGone || random.chance(0.3) ? present[random.whole(present.length)] : owner
    if (next === owner || (!next && !isGone)) return
    if (owner) await this.#revoke(owner, shard)
    // Nobody can take it now: who comes next will.
    this.#owners[shard] = next
    if (!next) return
    next.process.later(random.next() * 5, `is given ${shard}`, () => {
      const feed = next.createFeed(shard)
      next.held.set(shard, feed)
      next.options.assigned(shard, feed)
    })
  }

  async #revoke(member: Member, shard: ShardId): Promise<void> {
    if (!member.process.isAlive) return
    await new Promise<void>((resolve) => {
      this.#world.after(revokeMs, 'revoking takes too long', resolve)
      this.#tellLater(member, shard, this.#world.random.next() * 5, resolve)
    })
  }

  #tellLater(member: Member, shard: ShardId, millis: number, done: () => void = () => undefined): void {
    member.process.later(millis, `loses ${shard}`, () => {
      member.held.get(shard)?.end()
      void member.options.revoked(shard).then(() => {
        member.held.delete(shard)
        done()
      })
    })
  }
}
