import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plants } from './plants.ts'

const root = join(import.meta.dirname, '..', '..')

// Otherwise a campaign with it would find nothing wrong, and seem to prove that nothing is found.
test.for(Object.entries(plants).flatMap(([name, edits]) => edits.map((edit) => ({ name, ...edit }))))(
  "the plant '$name' has its place in $file",
  ({ file, text, instead }) => {
    expect(readFileSync(join(root, file), 'utf8').split(text)).toHaveLength(2)
    expect(instead).not.toBe(text)
  },
)
