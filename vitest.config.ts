import { defineConfig } from 'vitest/config'
import { LongFirst } from './test/support/long-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process a file: a test may kill, leak or block without touching another. One more than the smallest machine has cores:
    // of three one waits. A fourth finds no core idle, and only makes the others late.
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // A test that passes by luck or by order is a defect: none is tried twice, and the order of files isn't fixed.
    retry: 0,
    sequence: { sequencer: LongFirst, shuffle: { files: true, tests: false } },
    allowOnly: false,
    passWithNoTests: false,
  },
})
