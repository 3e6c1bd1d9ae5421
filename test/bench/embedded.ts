import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../../services/flow/adapters/embedded/open-embedded.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { type Backend, type RunResult, runOf } from './backend.ts'
import { fill } from './fill.ts'
import { ourMoments } from './moments.ts'
import { runEngine } from './run-engine.ts'
import { shards, writeSettings } from './settings.ts'

/** The embedded engine: log and state in SQLite, in a temporary folder which is filled once and copied for each run. */
export async function openEmbeddedBackend(events: number): Promise<Backend> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-bench-'))
  const filled = join(root, 'filled')
  const { log, close } = openEmbedded(filled, { shards })
  const registry = createEmbeddedRegistry(join(filled, 'registry.sqlite'))
  const records = await fill(log, await createCodec(registry), events)
  await registry.close()
  await close()

  async function run(profileFolder?: string): Promise<RunResult> {
    const folder = join(root, 'run')
    mkdirSync(folder)
    try {
      for (const file of ['log.sqlite', 'registry.sqlite']) copyFileSync(join(filled, file), join(folder, file))
      const engine = await runEngine({ settings: writeSettings(folder, {}), records, processes: 1, profileFolder })
      return runOf(engine, await momentsIn(folder), statSync(join(folder, 'state.sqlite')).size)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return {
    id: 'embedded',
    name: 'Keymoment, embedded (SQLite)',
    records,
    run,
    close: async () => rmSync(root, { recursive: true, force: true }),
  }
}

async function momentsIn(folder: string): Promise<string[]> {
  const { log, close } = openEmbedded(folder, { shards })
  const registry = createEmbeddedRegistry(join(folder, 'registry.sqlite'))
  try {
    return await ourMoments(log, await createCodec(registry))
  } finally {
    await registry.close()
    await close()
  }
}
