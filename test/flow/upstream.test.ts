import { describe, expect, test } from 'vitest'
import type { CommitMark, Progress } from '../../services/flow/progress.ts'
import { Upstream } from '../../services/flow/upstream.ts'

/** What the table says of a look: the log's end; upstream's position, commit `owner.number`, and up to which its outputs are out. */
interface Line {
  readonly s: number
  readonly end?: number
  readonly position?: number
  readonly commit?: string
  readonly relayed?: number
  /** The end of what upstream has put out, as it knows. */
  readonly out?: number
  /** Up to where this shard has handled that. */
  readonly own?: number
  /** What is then heard through, in seconds; `now`: upstream keeps up. */
  readonly heard: number | 'now' | 'nothing'
}

/** A look each second or so; near is 3 s, silence 20 s. */
function play(lines: readonly Line[]) {
  let now = 0
  const upstream = new Upstream({
    topic: 'out',
    place: 1,
    nearMs: 3_000,
    silentMs: 20_000,
    scheduler: { now: () => now },
  })
  for (const line of lines) {
    now = line.s * 1_000
    if (line.end !== undefined) {
      const [owner = '', number = 0] = line.commit?.split('.') ?? []
      const commit: CommitMark = { owner, number: Number(number), relayed: line.relayed ?? Number(number) }
      const progress: Progress = {
        positions: { in: line.position ?? 0 },
        ends: { out: line.out ?? 0 },
        clock: null,
        head: null,
        ...(line.commit !== undefined && { commit }),
      }
      upstream.looked({ at: now, seenAt: now, topics: ['in'], ends: [line.end] }, progress)
    }
    if (line.own !== undefined) upstream.handled([0, line.own])
    const { heard } = upstream
    const said = heard === Infinity ? 'now' : heard === -Infinity ? 'nothing' : heard / 1_000
    expect({ ...line, heard: said }).toEqual(line)
  }
  return upstream
}

describe('what a shard has heard of', () => {
  test('upstream that has read all keeps up, from the first look on', () => {
    play([
      { s: 0, heard: 'nothing' },
      { s: 1, end: 5, position: 5, commit: 'a.7', out: 2, own: 2, heard: 'now' },
      { s: 4, heard: 'now' },
      { s: 4.1, heard: 1 },
    ])
  })

  test('a shard that has nothing to do hears of each look', () => {
    play([
      { s: 1, end: 5, position: 5, commit: 'a.7', out: 2, own: 2, heard: 'now' },
      { s: 5, end: 5, position: 5, commit: 'a.7', out: 2, heard: 'now' },
      { s: 9, end: 5, position: 5, commit: 'a.7', out: 2, heard: 'now' },
      { s: 13, end: 5, position: 5, commit: 'a.7', out: 2, heard: 'now' },
    ])
  })

  test('what was read is heard of once its outputs are on the log, and handled here', () => {
    play([
      { s: 10, end: 5, position: 4, commit: 'a.7', out: 2, own: 2, heard: 'nothing' },
      { s: 11, end: 5, position: 5, commit: 'a.8', relayed: 7, out: 2, own: 2, heard: 'nothing' },
      { s: 12, end: 5, position: 5, commit: 'a.9', relayed: 8, out: 4, own: 2, heard: 'nothing' },
      { s: 13, own: 3, heard: 'nothing' },
      // Of the last look whose commit is relayed: that of 11 s.
      { s: 13.5, own: 4, heard: 'now' },
      { s: 15, heard: 11 },
    ])
  })

  test('upstream that always has some more to read is heard of by and by', () => {
    play([
      { s: 10, end: 100, position: 90, commit: 'a.1', own: 0, heard: 'nothing' },
      { s: 11, end: 110, position: 99, commit: 'a.2', own: 0, heard: 'nothing' },
      { s: 12, end: 120, position: 105, commit: 'a.3', own: 0, heard: 'now' },
      { s: 14, end: 130, position: 119, commit: 'a.4', own: 0, heard: 'now' },
      { s: 14.5, heard: 11 },
      { s: 15, end: 140, position: 121, commit: 'a.5', own: 0, heard: 'now' },
    ])
  })

  test('behind an upstream that is away it stays where it was, and goes on when all is read', () => {
    const away = Array.from({ length: 60 }, (_, i): Line => {
      return { s: 20 + i, end: 10 + i, position: 5, commit: 'a.7', own: 2, heard: 1 }
    })
    play([
      { s: 1, end: 5, position: 5, commit: 'a.7', out: 2, own: 2, heard: 'now' },
      ...away,
      { s: 80, end: 69, position: 40, commit: 'b.8', out: 2, own: 2, heard: 34 },
      { s: 81, end: 69, position: 69, commit: 'b.9', relayed: 8, out: 2, own: 2, heard: 34 },
      { s: 82, end: 69, position: 69, commit: 'b.10', out: 3, own: 2, heard: 34 },
      { s: 82.5, own: 3, heard: 'now' },
    ])
  })

  test('a state that went back counts by what it is now', () => {
    play([
      { s: 1, end: 5, position: 5, commit: 'a.7', relayed: 6, own: 0, heard: 'nothing' },
      // It had read all with commit 7. That is gone, and the same numbers come again.
      { s: 2, end: 5, position: 3, commit: 'b.7', own: 0, heard: 'nothing' },
      { s: 3, end: 5, position: 5, commit: 'b.8', relayed: 7, own: 0, heard: 'nothing' },
      { s: 4, end: 5, position: 5, commit: 'b.9', own: 0, heard: 'now' },
    ])
    play([
      { s: 1, end: 5, position: 5, commit: 'a.7', relayed: 6, own: 0, heard: 'nothing' },
      { s: 2, end: 5, position: 5, commit: 'b.9', relayed: 8, own: 0, heard: 'nothing' },
      { s: 3, end: 5, position: 5, commit: 'b.9', relayed: 9, own: 0, heard: 'now' },
    ])
  })

  test('upstream that commits nothing has no owner, though there is nothing to read', () => {
    const silent = Array.from({ length: 20 }, (_, i): Line => {
      return { s: 2 + i, end: 5, position: 5, commit: 'a.7', own: 0, heard: 'now' }
    })
    play([
      { s: 1, end: 5, position: 5, commit: 'a.7', own: 0, heard: 'now' },
      ...silent,
      { s: 24, end: 5, position: 5, commit: 'a.7', own: 0, heard: 'now' },
      { s: 25, end: 5, position: 5, commit: 'a.7', own: 0, heard: 21 },
      { s: 26, end: 5, position: 5, commit: 'a.8', own: 0, heard: 'now' },
    ])
  })

  test('what was stored before there were marks counts by its positions', () => {
    play([
      { s: 1, end: 5, position: 4, own: 0, heard: 'nothing' },
      { s: 2, end: 5, position: 5, own: 0, heard: 'now' },
      { s: 60, end: 5, position: 5, own: 0, heard: 'now' },
    ])
  })

  test('how far behind it is, in real time', () => {
    expect(play([{ s: 7, end: 5, position: 4, own: 0, heard: 'nothing' }]).behindMs).toBe(7_000)
    expect(play([{ s: 7, end: 5, position: 5, own: 0, heard: 'now' }]).behindMs).toBe(0)
  })
})
