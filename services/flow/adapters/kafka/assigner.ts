import kafkajs, { type PartitionAssigner } from 'kafkajs'
import { assignShards, type GroupMemberState } from './assignment.ts'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol

/** Of what members tell each other; another number needs another name, since all members of a group must agree. */
const version = 1
const assignerName = `keymoment-shards-${version}`

/** What a member tells the group's leader of itself when it joins. */
export interface Holding {
  readonly shards: readonly number[]
  readonly since: number
}

/**
 * Co-partitioning, sticky, balanced: partition i of every topic goes to the member that has shard i. `holding` is asked
 * at each join.
 */
export const createAssigner =
  (shards: number, holding: () => Holding): PartitionAssigner =>
  () => ({
    name: assignerName,
    version,
    protocol: ({ topics }) => ({
      name: assignerName,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(holding())) }),
    }),
    async assign({ members }) {
      const told = members.map(({ memberId, memberMetadata }) => {
        const metadata = MemberMetadata.decode(memberMetadata)
        return { id: memberId, topics: metadata?.topics ?? [], ...readHolding(metadata?.userData) }
      })
      const assigned = assignShards(shards, told)
      return told.map(({ id, topics }) => {
        const mine = assigned.get(id) ?? []
        const assignment = Object.fromEntries(topics.map((topic) => [topic, mine]))
        return {
          memberId: id,
          memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
        }
      })
    },
  })

/** Of a member that tells nonsense nothing is known; it is treated as new. */
function readHolding(userData: Buffer | undefined): Omit<GroupMemberState, 'id'> {
  try {
    const told: unknown = JSON.parse(String(userData))
    if (typeof told === 'object' && told !== null && 'shards' in told && 'since' in told) {
      const { shards, since } = told
      if (Array.isArray(shards) && typeof since === 'number') {
        return { owned: shards.filter((shard): shard is number => typeof shard === 'number'), since }
      }
    }
  } catch {
    // Not JSON.
  }
  return { owned: [], since: 0 }
}
