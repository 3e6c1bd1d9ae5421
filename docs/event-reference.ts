import { type AvroSchema, type FieldSchema, readSchema, withoutNull } from '../services/records/schemas.ts'
import { eventTypes, topics } from '../services/topology.ts'
import { capital, code, table } from './table.ts'

const common = ['event_id', 'subscriber_id', 'event_time', 'source']

/** docs/events.md: every field of every event. */
export function eventReference(): string {
  const fieldsOfAll = readSchema('cdr').fields.filter(({ name }) => common.includes(name))
  const sections = eventTypes.map((type) => {
    const { doc = '', fields } = readSchema(type)
    const own = fields.filter(({ name }) => !common.includes(name))
    const addresses = type === 'profile' ? addressesTable() : ''
    return `## ${type}\n\n${doc} Topic ${code(topics.events[type].name)}.\n\n${rows(own)}${addresses}`
  })
  return `${introduction}\n${rows(fieldsOfAll)}\n${sections.join('\n')}`
}

const introduction = `# Event fields

<!-- Made from schemas/*.avsc by \`npm run docs\`; not edited by hand. -->

Over HTTP and in JSONL files an event has a \`type\` (a heading of this page), and times are ISO-8601 with a zone or epoch
milliseconds. On the topics it is Avro, without \`type\`: see [schemas](../schemas). Money is in whole minor units. A field
with a question mark may be left out. Every event has these:
`

const addressesTable = (): string =>
  `\nOver HTTP a profile also has ${code('addresses?')}, which ingest puts on ${code(topics.addresses.name)} and nowhere else:\n\n` +
  rows(readSchema('address').fields.filter(({ name }) => !common.includes(name)))

const rows = (fields: readonly FieldSchema[]): string =>
  table(
    ['field', 'type', 'values', 'meaning'],
    fields.map((field) => {
      const { type, nullable } = withoutNull(field.type)
      return [code(`${field.name}${nullable ? '?' : ''}`), nameOf(type), valuesOf(field), capital(field.doc ?? '')]
    }),
  )

function nameOf(schema: AvroSchema): string {
  const { type } = withoutNull(schema)
  if (typeof type === 'string') return type
  if ('length' in type) return type.map(nameOf).join(' or ')
  switch (type.type) {
    case 'array':
      return `list of ${nameOf(type.items)}`
    case 'map':
      return `${type.keys ? type.keys.map(code).join(', ') : 'name'} → ${nameOf(type.values)}`
    case 'record':
      return `{ ${type.fields.map(({ name, type: inner }) => `${name}${withoutNull(inner).nullable ? '?' : ''}`).join(', ')} }`
    default:
      return 'logicalType' in type && type.logicalType === 'timestamp-millis' ? 'time' : type.type
  }
}

function valuesOf({ values, min, max, minLength, maxLength, pattern, format }: FieldSchema): string {
  if (values) return values.map(code).join(' ')
  if (pattern) return code(pattern)
  if (format) return format === 'date' ? 'YYYY-MM-DD' : 'IANA name'
  if (min !== undefined || max !== undefined) return range(min, max)
  if (maxLength !== undefined) return `${minLength ? `${minLength}–` : '≤ '}${maxLength} characters`
  return ''
}

const range = (min: number | undefined, max: number | undefined): string =>
  max === undefined ? `≥ ${min}` : min === undefined ? `≤ ${max}` : `${min}–${max}`
