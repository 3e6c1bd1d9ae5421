import { createHash } from 'node:crypto'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Run real processes, wait for timeouts or simulate weeks: up to minutes a file. */
const takesLong = /\/test\/(chaos|integration|simulation)\/|conformance\.test\.ts$/

/**
 * Files in an order of chance, by vitest's seed, but none that takes long in the second half: begun last, it would keep the other
 * workers idle. Neither do those all come at once: while they wait, others compute.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root, sequence } = this.ctx.config
    const place = ({ moduleId }: TestSpecification): number => {
      const hash = createHash('sha1')
        .update(`${sequence.seed} ${moduleId.slice(root.length)}`)
        .digest()
      return hash.readUInt32BE() * (takesLong.test(moduleId) ? 0.5 : 1)
    }
    const placed = files.map((file) => ({ file, place: place(file) }))
    return placed.sort((a, b) => a.place - b.place).map(({ file }) => file)
  }
}
