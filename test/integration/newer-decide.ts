/**
 * Imported by decide before its own code (`--import`): makes it a later version, which keeps something in its states that
 * today's can't read. On the disk the file stays as it is.
 */
import { registerHooks } from 'node:module'

const today = "ended_at: optional('long'),"
const later = "ended_at: optional('string'),"

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith('/services/decide/state.ts')) return loaded
    const source = Buffer.from(loaded.source as Uint8Array).toString()
    if (source.split(today).length !== 2) throw new Error(`there is no place for a later schema in ${url}`)
    return { ...loaded, source: source.replace(today, later) }
  },
})
