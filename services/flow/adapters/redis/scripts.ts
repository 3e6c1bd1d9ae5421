import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Cluster } from 'ioredis'
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

/**
 * Loads a script on the node of `key`, and on its way on all others of a Cluster: while a slot moves, the node that has it
 * sends who would run a script to another one (ASK), which is not asked to load it.
 */
async function loadScript(client: Client, key: string, { source }: Script): Promise<void> {
  if (client instanceof Cluster) {
    // Not waited for: what is sent to such a node next comes behind it on the same connection.
    for (const node of client.nodes('master')) node.script('LOAD', source).catch(() => undefined)
  }
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
