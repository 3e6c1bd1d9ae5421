/** Imported by a process before its own code (`--import`): loads files with the planted defect in them. */
import { registerHooks } from 'node:module'
import { plants, plantVariable } from './plants.ts'

const name = process.env[plantVariable] ?? ''
const edits = plants[name]
if (!edits) throw new Error(`no plant '${name}'`)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const here = edits.filter(({ file }) => url.endsWith(file))
    if (here.length === 0) return loaded
    const { source: given = '' } = loaded
    let source = typeof given === 'string' ? given : Buffer.from(given as Uint8Array).toString()
    for (const { text, instead } of here) {
      if (source.split(text).length !== 2) throw new Error(`the plant '${name}' finds no place in ${url}`)
      source = source.replace(text, instead)
    }
    return { ...loaded, source }
  },
})
