/** Imported by a process before its own code (`--import`): loads one file with the planted defect in it. */
import { registerHooks } from 'node:module'
import { plants, plantVariable } from './plants.ts'

const name = process.env[plantVariable] ?? ''
const plant = plants[name]
if (!plant) throw new Error(`no plant '${name}'`)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(plant.file)) return loaded
    const { source: given = '' } = loaded
    const source = typeof given === 'string' ? given : Buffer.from(given as Uint8Array).toString()
    if (source.split(plant.text).length !== 2) throw new Error(`the plant '${name}' finds no place in ${url}`)
    return { ...loaded, source: source.replace(plant.text, plant.instead) }
  },
})
