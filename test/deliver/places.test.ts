import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPlaces } from '../../services/deliver/places.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import type { Line, Turn } from '../../services/flow/places.ts'
import { effectOf } from './sender-under-test.ts'

const marketing = 'sms/marketing'
const service = 'sms/service'
const marketingEffect = () => effectOf('hi')
const serviceEffect = () => effectOf('hi', { purpose: 'service' })

/** Places of one channel, `width` wide, and a shard whose turns are taken at once, with a send each. */
function oneChannel(width: { now: number }) {
  const places = createPlaces(new Map([['sms', () => width.now]]))
  const order: string[] = []
  const under: SendEffect[] = []
  const called: Turn[] = []
  const openShard = (): Line => places.line((turn) => void called.push(turn))
  function takeTurns(): void {
    for (let turn = called.shift(); turn; turn = called.shift()) {
      const { key, stand } = turn
      turn.take(() => {
        order.push(key)
        const effect = stand.lane === service ? serviceEffect() : marketingEffect()
        under.push(effect)
        places.asked(effect)
      })
    }
  }
  function endOne(): void {
    const first = under.shift()
    if (first) places.ended(first)
    takeTurns()
  }
  return { places, order, under, called, openShard, takeTurns, endOne }
}

describe('who is called when there is a place', () => {
  const stand = (party: string, lane = marketing) => ({ lane, party })
  test.each([
    ['by the order of coming within a campaign', ['a1', 'a2', 'a3'], ['a1', 'a2', 'a3']],
    ['campaign by campaign, whatever each has waiting', ['a1', 'a2', 'a3', 'a4', 'b1'], ['a1', 'b1', 'a2', 'a3', 'a4']],
    ['three of them', ['a1', 'a2', 'b1', 'b2', 'c1'], ['a1', 'b1', 'c1', 'a2', 'b2']],
    ['service before marketing', ['a1', 'S1', 'S2'], ['S1', 'S2', 'a1']],
    [
      'and marketing after four of service',
      ['a1', 'a2', 'S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
      ['S1', 'S2', 'S3', 'S4', 'a1', 'S5', 'S6', 'a2'],
    ],
  ])('%s', (_, waiting, order) => {
    const width = { now: 0 }
    const channel = oneChannel(width)
    const line = channel.openShard()
    for (const key of waiting) line.join(key, stand(key.slice(0, 1), key.startsWith('S') ? service : marketing))
    expect(channel.places.isClosed(marketing)).toBe(true)
    width.now = 1
    channel.places.look()
    channel.takeTurns()
    while (channel.under.length > 0) channel.endOne()
    expect(channel.order).toEqual(order)
  })

  test('whoever asks passes nobody who stands in line', () => {
    const channel = oneChannel({ now: 2 })
    expect(channel.places.room(marketing)).toBe(1)
    channel.openShard().join('a1', stand('a'))
    expect(channel.places.room(marketing)).toBe(0)
    expect(channel.places.room(service)).toBe(1)
    expect(channel.places.room('push/marketing')).toBe(Number.POSITIVE_INFINITY)
  })

  test('what stands there twice is called once, and who has left is not', () => {
    const width = { now: 0 }
    const channel = oneChannel(width)
    const line = channel.openShard()
    for (const key of ['a1', 'a1', 'a2']) line.join(key, stand('a'))
    line.leave('a2', stand('a'))
    width.now = 10
    channel.places.look()
    channel.takeTurns()
    expect(channel.order).toEqual(['a1'])
  })

  test('a turn of a shard that ends goes to another', () => {
    const width = { now: 0 }
    const channel = oneChannel(width)
    const gone = channel.openShard()
    gone.join('g1', stand('a'))
    gone.join('g2', stand('a'))
    channel.openShard().join('s1', stand('a'))
    width.now = 1
    channel.places.look()
    expect(channel.called.map(({ key }) => key)).toEqual(['g1'])
    gone.close()
    gone.join('g3', stand('a'))
    channel.called.shift()?.pass()
    channel.takeTurns()
    while (channel.under.length > 0) channel.endOne()
    expect(channel.order).toEqual(['s1'])
  })
})

test('whatever happens, no more are under way than fit, and nobody who waits is forgotten', () => {
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('join' as const), key: fc.nat(20), party: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('leave' as const), key: fc.nat(20), party: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.constant({ what: 'end' as const }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('width' as const), width: fc.nat(6) }) },
    { weight: 1, arbitrary: fc.constant({ what: 'late' as const }) },
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const width = { now: 2 }
      const channel = oneChannel(width)
      const line = channel.openShard()
      let widest = width.now
      const waits = new Set<string>()
      for (const happening of acts) {
        const before = channel.order.length
        if (happening.what === 'end') channel.endOne()
        else if (happening.what === 'width') {
          width.now = happening.width
          widest = Math.max(widest, width.now)
        } else if (happening.what === 'late') {
          // An answer that comes twice gives back no place twice.
          const [first] = channel.under
          if (first) channel.places.ended(first)
          channel.endOne()
        } else {
          const id = `${happening.key}/${happening.party}`
          const stand = { lane: marketing, party: String(happening.party) }
          if (happening.what === 'join') line.join(id, stand)
          else line.leave(id, stand)
          if (happening.what === 'join') waits.add(id)
          else waits.delete(id)
        }
        channel.places.look()
        channel.takeTurns()
        for (const key of channel.order.slice(before)) waits.delete(key)
        expect(channel.under.length).toBeLessThanOrEqual(widest)
      }
      const before = channel.order.length
      width.now = 3
      channel.places.look()
      channel.takeTurns()
      for (let i = 0; i < 200; i++) channel.endOne()
      expect(new Set(channel.order.slice(before))).toEqual(waits)
    }),
  )
})
