/** `npm run local:up | local:down | local:status`: real Kafka, Redis and schema registry on this machine. */
import { parseArgs } from 'node:util'
import { composeDown, composeStatus, composeUp, dockerAnswers } from './compose.ts'
import { serverStates, serversDown, serversUp } from './servers.ts'
import { type LocalSettings, readSettings, settingsTable } from './settings.ts'

const usage = `npm run local:up [-- --cluster] | local:down [-- --wipe] | local:status
  --cluster   also a Redis Cluster of three
  --wipe      also removes the data; downloads stay
settings (environment):
${settingsTable.map(({ name, default: value, doc }) => `  ${name}=${value}   ${doc}`).join('\n')}`

const say = (line: string) => console.error(line)

async function up(settings: LocalSettings, cluster: boolean): Promise<void> {
  const started = performance.now()
  if (settings.docker === 'auto' && (await dockerAnswers())) {
    if (cluster) throw new Error('--cluster runs without Docker only: set KEYMOMENT_LOCAL_DOCKER=never')
    await composeUp(settings, say)
  } else {
    say(settings.docker === 'auto' ? 'no Docker engine answers: starts the servers as processes' : 'without Docker')
    await serversUp(settings, { cluster }, say)
  }
  say(`all up in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

async function down(settings: LocalSettings, wipe: boolean): Promise<void> {
  if (settings.docker === 'auto' && (await dockerAnswers())) await composeDown(settings, wipe, say)
  await serversDown(settings, say, wipe)
}

/** Prints a line a server. @returns whether Kafka, Redis and the registry answer */
async function status(settings: LocalSettings): Promise<boolean> {
  if (settings.docker === 'auto' && (await dockerAnswers())) await composeStatus(settings, say)
  const states = await serverStates(settings)
  for (const { server, state } of states) {
    const more =
      state.state === 'running'
        ? `pid ${state.id.pid}, files in ${server.folder}`
        : state.state === 'unhealthy'
          ? `pid ${state.id.pid}: ${state.problem}`
          : state.state === 'adopted'
            ? 'answers; not started from here as a process'
            : ''
    console.log(`${server.name.padEnd(16)} ${state.state.padEnd(9)} ${server.address}  ${more}`.trimEnd())
  }
  const needed = states.filter(({ server }) => !server.name.startsWith('Redis Cluster'))
  return needed.every(({ state }) => state.state === 'running' || state.state === 'adopted')
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { cluster: { type: 'boolean' }, wipe: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  const [verb] = positionals
  if (values.help || !['up', 'down', 'status'].includes(verb ?? '')) {
    console.log(usage)
    process.exitCode = values.help ? 0 : 2
  } else {
    const settings = readSettings()
    if (verb === 'up') await up(settings, values.cluster ?? false)
    if (verb === 'down') await down(settings, values.wipe ?? false)
    if (verb === 'status') process.exitCode = (await status(settings)) ? 0 : 1
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
