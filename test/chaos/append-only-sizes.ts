import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

/** Remembers how long the files of an append-only log were, so that it can be made as it was a while ago. */
export function watchSizes(folder: string): { cutLast(millis: number): void; stop(): void } {
  const seen: { readonly at: number; readonly sizes: ReadonlyMap<string, number> }[] = []
  const look = () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.incr.aof'))
    const sizes = new Map(names.map((name) => [name, statSync(join(folder, name)).size]))
    seen.push({ at: Date.now(), sizes })
    if (seen.length > 100) seen.splice(0, 50)
  }
  const timer = setInterval(look, 50)
  return {
    cutLast(millis) {
      look()
      const last = Date.now()
      const before = seen.findLast(({ at }) => at <= last - millis)
      for (const [name, size] of before?.sizes ?? []) {
        const file = join(folder, name)
        if (statSync(file, { throwIfNoEntry: false })) truncateSync(file, size)
      }
    },
    stop: () => clearInterval(timer),
  }
}
