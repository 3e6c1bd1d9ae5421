import { type ServiceNode, serviceNodes, type Topic, topics } from './topology.ts'

const nodes: readonly ServiceNode[] = Object.values(serviceNodes)

/** The map as text: each service with the topics that it reads and writes. */
export function topologyText(): string {
  const lines = nodes.flatMap(({ name, doc, reads, writes }) => [
    `${name}: ${doc}`,
    ...reads.map((topic) => `  ◀ ${row(topic)}`),
    ...writes.map((topic) => `  ▶ ${row(topic)}`),
    '',
  ])
  return `${lines.join('\n').trimEnd()}\n`
}

const row = ({ name, schema, doc }: Topic): string => `${name.padEnd(24)} ${schema.padEnd(12)} ${doc}`

/** The map as a Mermaid flow chart; topics of one family (events, commands) are one box. */
export function topologyMermaid(): string {
  const edges = new Set<string>()
  for (const { name, reads, writes } of nodes) {
    for (const topic of reads) edges.add(`  ${box(topic)} --> ${name}`)
    for (const topic of writes) edges.add(`  ${name} --> ${box(topic)}`)
  }
  const services = nodes.map(({ name }) => `  ${name}([${name}])`)
  return `${['flowchart LR', ...services, ...edges].join('\n')}\n`
}

function box({ name }: Topic): string {
  const family =
    name.startsWith('km.events.') && name !== topics.events.profile.name && name !== topics.events.reply.name
  const label = family ? 'km.events.*' : name
  return `${label.replaceAll(/[^a-z]+/g, '_').replace(/_$/, '')}[(${label})]`
}
