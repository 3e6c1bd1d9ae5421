/**
 * Port: places outside for effects, of which there are fewer than may want one. They are shared by all shards of a service in
 * the process; whoever finds none stands in line by the shard, and is called when there is one.
 */
export interface Places<Effect> {
  /** So many are free in the lane for whoever asks now, without passing anybody who stands in line there. */
  room(lane: string): number
  /** Nothing gets through the lane at present, however long one waits in line. */
  isClosed(lane: string): boolean
  /** A step has asked for the effect: it takes a place from now on, though its group may be committed much later. */
  asked(effect: Effect): void
  /** It has answered, failed, was taken back, or will never begin. */
  ended(effect: Effect): void
  /** A shard's way into the lines. `called`: it is somebody's turn; a place is kept free for it. */
  line(called: (turn: Turn) => void): Line
}

/** Where somebody stands: in which lane, and with whom turns are taken in it (a campaign, say). */
export interface Stand {
  readonly lane: string
  readonly party: string
}

export interface Line {
  /** Behind all of the party; whoever stands there already keeps the place in line. */
  join(key: string, stand: Stand): void
  leave(key: string, stand: Stand): void
  /** Nobody of the shard stands in any line any more. */
  close(): void
}

/** A place that is kept free for one who stood in line, and doesn't any more. */
export interface Turn {
  readonly key: string
  readonly stand: Stand
  /** Lets go of the place while `action` runs, which may take it; what it leaves goes to the next in line. */
  take(action: () => void): void
  /** It isn't needed: the next in line is called. */
  pass(): void
}
