import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process a file: a test may kill, leak or block without touching another. Two, as the smallest machine has cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A test that passes by luck or by order is a defect: none is tried twice, and the order of files isn't fixed.
    retry: 0,
    sequence: { shuffle: { files: true, tests: false } },
    allowOnly: false,
    passWithNoTests: false,
  },
})
