import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Client, isUnknownScript, RoutedCommand } from './link.ts'

interface Script {
  readonly source: string
  readonly sha: string
}

function script(file: string): Script {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

export const claimScript = script('claim.lua')

/** Loads a script on the node of `key`. */
async function loadScript(client: Client, key: string, { source }: Script): Promise<void> {
  const command = new RoutedCommand(key, 'script', ['LOAD', source])
  client.sendCommand(command)
  await command.promise
}

/** Runs a script by its hash; a server that doesn't know it (restart, SCRIPT FLUSH, another node) is taught first. */
export async function runScript(
  client: Client,
  key: string,
  run: Script,
  send: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await send()
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    await loadScript(client, key, run)
    return await send()
  }
}
