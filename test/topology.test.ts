import { expect, test } from 'vitest'
import { allTopics, serviceNodes } from '../services/topology.ts'
import { topologyMermaid, topologyText } from '../services/topology-picture.ts'

test('the text names each service with what it reads and writes', () => {
  const blocks = topologyText().trimEnd().split('\n\n')
  expect(blocks.map((block) => block.split(':')[0])).toEqual(['ingest', 'detect', 'decide', 'deliver'])
  expect(blocks[2]?.split('\n').map((line) => line.slice(0, 28).trimEnd())).toEqual([
    'decide: judges each moment u',
    '  ◀ km.events.order',
    '  ◀ km.events.reply',
    '  ◀ km.events.profile',
    '  ◀ km.moments',
    '  ◀ km.receipts',
    '  ◀ km.reruns',
    '  ▶ km.decisions',
    '  ▶ km.commands.sms',
    '  ▶ km.outcomes',
    '  ▶ km.dead-letters',
  ])
})

test('every topic that a service touches is in the text', () => {
  const text = topologyText()
  for (const { reads, writes } of Object.values(serviceNodes)) {
    for (const { name, schema, doc } of [...reads, ...writes]) {
      expect(text).toMatch(new RegExp(`[◀▶] ${name.replaceAll('.', '\\.')} +${schema} +${doc}\n`))
    }
  }
})

test('the picture has one box a family, and names the member where a service touches only some', () => {
  const lines = topologyMermaid().trimEnd().split('\n')
  expect(lines[0]).toBe('flowchart LR')
  const labels = lines.flatMap((line) => /\["?\(?"([^"]+)"/.exec(line)?.[1] ?? [])
  expect(labels.filter((label) => label.startsWith('km.events'))).toEqual(['km.events.*'])
  expect(new Set(labels).size).toBe(labels.length)
  expect(lines).toEqual(
    expect.arrayContaining([
      '  ingest --> km_events',
      '  km_events --> detect',
      '  km_events -->|order, reply, profile| decide',
      '  decide -->|sms| km_commands',
      '  deliver -->|reply| km_events',
      '  km_receipts --> decide',
    ]),
  )
})

test('the picture has an edge for each topic that a service touches, and no other', () => {
  const text = topologyMermaid()
  const families = new Set(allTopics.map(({ name }) => name.split('.').slice(0, 2).join('.')))
  const drawn = new Set(text.match(/^ {2}\S+ -->.*$/gm))
  const expected = Object.values(serviceNodes).flatMap(({ name, reads, writes }) =>
    [...families].flatMap((family) => {
      const touches = (topics: readonly { name: string }[]) =>
        topics.some((topic) => topic.name === family || topic.name.startsWith(`${family}.`))
      const id = family.replaceAll(/[.-]/g, '_')
      return [...(touches(reads) ? [`${id} ${name}`] : []), ...(touches(writes) ? [`${name} ${id}`] : [])]
    }),
  )
  expect([...drawn].map((edge) => edge.trim().replace(/ -->(\|[^|]*\|)? /, ' ')).toSorted()).toEqual(
    expected.toSorted(),
  )
})
