import { Cluster, Command, type Redis } from 'ioredis'
import type { Transaction } from './commit-encoder.ts'
import type { Link } from './link.ts'

/** Epoch and sequence as they are stored; null where there are none. */
export type Stored = readonly [epoch: string | null, sequence: string | null]

/**
 * A connection of one shard's own, on which Redis watches the shard's meta: a transaction that goes through it is carried out
 * only if nothing has touched the meta (another owner's claim, a commit, a restore) since it was read. So a commit is as
 * fenced as one by a script that compares, at half of its cost: no state passes through Lua. A watch ends with its
 * connection, and a new one reads anew; hence what was written to a server that is gone is noticed too.
 */
export class WatchedMeta {
  readonly #link: Link
  readonly #key: string
  #client: Promise<Redis> | undefined
  /** Where the Cluster said that the key is. */
  #moved: { readonly host: string; readonly port: number } | undefined
  #attempts = 0
  /** The connection that watches. */
  #watching: Redis | undefined
  /** What is stored, watched since it was read; null: not known. */
  stored: Stored | null = null

  constructor(link: Link, key: string) {
    this.#link = link
    this.#key = key
  }

  /** Reads what is stored, and watches it from now on. */
  async watch(): Promise<Stored> {
    this.stored = null
    const client = await this.#open()
    const commands = [
      new Command('unwatch', []),
      new Command('watch', [this.#key], { replyEncoding: 'utf8' }),
      new Command('hmget', [this.#key, 'e', 's'], { replyEncoding: 'utf8' }),
    ]
    const replies = await this.#send(client, commands)
    return this.#read(client, replies.at(-1))
  }

  /**
   * Carries the transaction out, if nothing has touched the meta since it was read, and tells what is stored then: under
   * watch again. @throws whatever refuses the transaction as a whole, or the connection's end, which leaves it open; Error,
   * with nothing done, if the connection is not the one that watched
   */
  async execute({ bytes, writes }: Transaction): Promise<Stored> {
    this.stored = null
    const client = await this.#open()
    if (client !== this.#watching) throw new Error('the connection that watched is gone')
    this.#watching = undefined
    const names = ['multi', ...Array.from({ length: writes }, () => 'hset'), 'exec', 'watch', 'hmget']
    const commands = names.map((name, i) => new WrittenCommand(name, i === 0 ? bytes : nothing))
    const replies = await this.#send(client, commands)
    const done = replies[writes + 1]
    if (Array.isArray(done)) for (const reply of done) if (reply instanceof Error) throw reply
    return this.#read(client, replies.at(-1))
  }

  /** Number of replicas that have all that was written on this connection and before `sequence` was noted; waits for `count`. */
  async replicated(sequence: number, count: number, millis: number): Promise<number> {
    this.stored = null
    this.#watching = undefined
    const client = await this.#open()
    // WAIT asks for the last write of its own connection, which may be a new one.
    const commands = [
      new Command('hset', [this.#key, 'w', String(sequence)]),
      new Command('wait', [String(count), String(millis)]),
    ]
    return Number((await this.#send(client, commands)).at(-1))
  }

  /** Ends the connection: what is under way on it is rejected, and the next call makes another. */
  drop(): void {
    const client = this.#client
    this.#client = undefined
    this.#watching = undefined
    this.stored = null
    client?.then(
      (open) => open.disconnect(),
      () => undefined,
    )
  }

  #read(client: Redis, reply: unknown): Stored {
    const [epoch = null, sequence = null] = reply as (string | null)[]
    const stored: Stored = [epoch, sequence]
    this.#watching = client
    this.stored = stored
    return stored
  }

  /** All replies, in order. @throws the first refusal, which says more than the EXECABORT that follows it */
  async #send(client: Redis, commands: readonly Command[]): Promise<unknown[]> {
    for (const command of commands) client.sendCommand(command)
    const replies = await Promise.allSettled(commands.map(({ promise }) => promise))
    for (const reply of replies) {
      if (reply.status === 'fulfilled') continue
      this.#moved = movedTo(reply.reason) ?? this.#moved
      throw reply.reason
    }
    return replies.map((reply) => (reply.status === 'fulfilled' ? reply.value : undefined))
  }

  #open(): Promise<Redis> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined
      this.#moved = undefined
      throw error
    })
    return this.#client
  }

  async #connect(): Promise<Redis> {
    const client = this.#node().duplicate({
      ...this.#moved,
      lazyConnect: true,
      // A transaction must not be waited for behind our back, nor a watch be thought to outlive its connection.
      retryStrategy: () => null,
      enableOfflineQueue: false,
    })
    // Each failure is told by the call that it ends.
    client.on('error', () => undefined)
    client.once('end', () => {
      this.#client?.then(
        (open) => {
          if (open === client) this.drop()
        },
        () => undefined,
      )
    })
    await client.connect()
    return client
  }

  /** One after the other of a Cluster's masters, which tell where the key is. */
  #node(): Redis {
    const { client } = this.#link
    if (!(client instanceof Cluster)) return client
    const masters = client.nodes('master')
    const node = masters[this.#attempts++ % Math.max(1, masters.length)]
    if (!node) throw new Error('no node of the Cluster answers')
    return node
  }
}

const nothing = Buffer.alloc(0)

/** One of several commands whose bytes have been written together, by the first. */
class WrittenCommand extends Command {
  readonly #bytes: Buffer

  constructor(name: string, bytes: Buffer) {
    super(name, [], { replyEncoding: 'utf8' })
    this.#bytes = bytes
  }

  override toWritable(): Buffer {
    return this.#bytes
  }
}

function movedTo(error: unknown): { host: string; port: number } | undefined {
  const [, host, port] = /^MOVED \d+ (\S+):(\d+)$/.exec(error instanceof Error ? error.message : '') ?? []
  return host && port ? { host, port: Number(port) } : undefined
}
