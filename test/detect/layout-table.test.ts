import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { LayoutTable } from '../../services/detect/layout-table.ts'
import { NameTable } from '../../services/detect/name-table.ts'
import { ZoneTable } from '../../services/detect/zone-table.ts'
import type { Layout } from '../../services/rules/engine/layout.ts'

const layout: Layout = {
  types: ['profile'],
  tracks: [],
  patterns: [],
  rules: ['a', 'b'],
  edges: ['a 1', 'b 2'],
  timers: [],
}
const table = () => new LayoutTable(new ZoneTable('Europe/Rome'), new NameTable())
const said = (note: string): { format: number } => JSON.parse(inflateRawSync(Buffer.from(note, 'base64')).toString())

test.each([
  ['a version that knows no ladders can read what has none', layout, 2],
  ['and refuses what has them, as it would misread it', { ...layout, ladders: [2] }, 3],
])('%s', (_, own, format) => {
  const first = table()
  const number = first.numberOf(own)
  expect(said(first.note).format).toBe(format)
  const second = table()
  second.restore(first.note)
  expect(second.at(number)).toEqual(own)
})

test('a format that is not known is refused', () => {
  const first = table()
  first.numberOf(layout)
  const later = deflateRawSync(JSON.stringify({ ...said(first.note), format: 4 })).toString('base64')
  expect(() => table().restore(later)).toThrow(/of format 4, not 2 or 3/)
})
