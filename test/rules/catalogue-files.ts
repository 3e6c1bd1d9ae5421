import { readdirSync, readFileSync } from 'node:fs'
import type { SourceFile } from '../../services/rules/source.ts'

const shippedFolder = new URL('../../deploy/catalogue/', import.meta.url)

/** The catalogue that Keymoment ships, with paths from its folder. */
export const shippedFiles = (): SourceFile[] =>
  readdirSync(shippedFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((path) => ({ path, text: readFileSync(new URL(path, shippedFolder), 'utf8') }))

export const policy: SourceFile = {
  path: 'policy.yaml',
  text: `default_time_zone: Asia/Shanghai
default_language: zh
quiet_hours: [{ id: night, channels: [sms], start: "22:00", end: "08:00" }]
caps: [{ id: week, purposes: [marketing], window: { civil: week }, most: 3 }]
gaps: { marketing: 24h }
`,
}

export const factors: SourceFile = {
  path: 'factors/all.yaml',
  text: `
- { id: data_mb_7d, title: { en: Data }, from: app-usage, value: double(bytes_up) / 1048576.0, aggregate: sum, window: { days: 7 } }
- { id: data_mb_1d, title: { en: Data today }, from: app-usage, value: double(bytes_up) / 1048576.0, aggregate: sum, window: { days: 1 } }
- { id: calls_24h, title: { en: Calls }, from: cdr, aggregate: count, window: { rolling: 24h } }
- { id: logged_in, title: { en: Logged in }, from: app-usage, value: login, aggregate: last }
`,
}

export const offers: SourceFile = {
  path: 'offers/all.yaml',
  text: '- { id: data-booster, title: { en: Booster }, message: { en: Take it } }\n',
}

/** A small catalogue without fault in which files of the same path are replaced. */
export function catalogueWith(...files: SourceFile[]): SourceFile[] {
  const paths = new Set(files.map(({ path }) => path))
  return [...[policy, factors, offers].filter(({ path }) => !paths.has(path)), ...files]
}
