import { allTopics, type ServiceNode, serviceNodes, type Topic } from './topology.ts'

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

/**
 * The map as a Mermaid flow chart. Topics of one family (km.events.cdr, km.events.recharge, …) are one box; where a
 * service touches only some of them, its edge names them.
 */
export function topologyMermaid(): string {
  const edges = nodes.flatMap(({ name, reads, writes }) => [
    ...byFamily(reads).map(([family, topics]) => `  ${idOf(family)} ${arrow(family, topics)} ${name}`),
    ...byFamily(writes).map(([family, topics]) => `  ${name} ${arrow(family, topics)} ${idOf(family)}`),
  ])
  const drawn = byFamily(nodes.flatMap(({ reads, writes }) => [...reads, ...writes]))
  const boxes = drawn.map(([family]) => `  ${idOf(family)}[("${family}")]`)
  const services = nodes.map(({ name }) => `  ${name}(["${name}"])`)
  return `${['flowchart LR', ...services, ...boxes, ...edges].join('\n')}\n`
}

/** km.events.cdr: km.events.*; km.moments: itself. */
const familyOf = ({ name }: Topic): string => name.replace(/^(km\.[^.]+)\..+$/, '$1.*')

const membersOf = (family: string): readonly Topic[] => allTopics.filter((topic) => familyOf(topic) === family)

function byFamily(topics: readonly Topic[]): [family: string, topics: readonly Topic[]][] {
  return [...Map.groupBy(topics, familyOf)]
}

function arrow(family: string, topics: readonly Topic[]): string {
  if (topics.length === membersOf(family).length) return '-->'
  return `-->|${topics.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)).join(', ')}|`
}

const idOf = (family: string): string => family.replace(/\.\*$/, '').replaceAll(/[^a-z]/g, '_')
