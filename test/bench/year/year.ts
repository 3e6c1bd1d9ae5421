import { loadavg } from 'node:os'
import type { Say } from '../../../deploy/local/server.ts'
import { openCatalogue, shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import type { Section } from '../page.ts'
import { yearSection } from './report.ts'
import { runYear } from './run.ts'

export interface YearMeasurement {
  readonly quick: boolean
  readonly say: Say
}

/** Of the page; another seed gives another year. */
const seed = 20_260_101

/** A year of simulated subscribers through the whole engine, under the shipped catalogue. */
export async function measureYear({ quick, say }: YearMeasurement): Promise<Section> {
  const load = loadavg()[0] ?? 0
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const catalogue = await openCatalogue(shippedCatalogue)
  const plan = { seed, subscribers: quick ? 500 : 20_000, say }
  const before = process.cpuUsage()
  const year = runYear(plan, catalogue, codec)
  const { user, system } = process.cpuUsage(before)
  return yearSection(year, { plan, policy: catalogue.policy, cpuSeconds: (user + system) / 1e6, load })
}
