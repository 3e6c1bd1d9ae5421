/** `npm run test:servers`: keeps the servers of the tests up until Ctrl-C, for single runs of vitest in another terminal. */
import { startTestServers } from './support/test-servers.ts'
import { whenToldToStop } from './support/told-to-stop.ts'

const servers = await startTestServers((line) => console.error(line))
const told = Promise.withResolvers<void>()
whenToldToStop(() => told.resolve())
const staysAlive = setInterval(() => undefined, 60_000)
try {
  const variables = await Promise.race([servers.variables, told.promise])
  if (variables) {
    for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${value}`)
    console.error('up; paste these lines into another terminal; Ctrl-C here ends the servers')
    await told.promise
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  clearInterval(staysAlive)
  await servers.stop()
  console.error('the servers of the tests are down')
}
