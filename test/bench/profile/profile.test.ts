import { describe, expect, test } from 'vitest'
import { type CpuProfile, sharesOf } from './cpu-profile.ts'
import { type Frame, type Stage, stageOf } from './stages.ts'

/** `function file` from the innermost frame outwards; without a file it is native or generated. */
const stackOf = (...frames: readonly string[]): Frame[] =>
  frames.map((frame) => {
    const [, functionName = '', url = ''] = /^(.*?)(?: (\/.*|node:.*))?$/.exec(frame) ?? []
    return { functionName, url }
  })

describe('a sample belongs to the stage of its innermost frame that a stage knows', () => {
  test.each<[stage: Stage, ...stack: string[]]>([
    ['fetch', 'concat node:buffer', 'decode /p/node_modules/kafkajs/src/protocol/decoder.js'],
    ['fetch', 'next /p/services/flow/adapters/kafka/record-batch.ts', 'fill /p/services/flow/stage.ts'],
    ['merge', 'fill /p/services/flow/stage.ts', 'run /p/services/flow/shard.ts'],
    ['decode', 'long', 'project', 'record /p/services/detect/detection.ts'],
    ['step', 'apply_cdr', 'record /p/services/detect/detection.ts', 'run /p/services/flow/shard.ts'],
    ['shard', 'run /p/services/flow/shard.ts'],
    ['load', 'write /p/node_modules/ioredis/built/Redis.js', 'load /p/services/flow/adapters/redis/shard-store.ts'],
    ['commit', 'write /p/node_modules/ioredis/built/Redis.js', 'run /p/services/flow/shard.ts'],
    ['relay', 'write /p/node_modules/kafkajs/src/network/connection.js', 'send /p/services/flow/relay.ts'],
    ['garbage collection', '(garbage collector)', 'apply /p/services/detect/detection.ts'],
    ['sockets', 'onStreamRead node:internal/stream_base_commons'],
    ['rest', '(program)'],
  ])('%s', (stage, ...stack) => {
    expect(stageOf(stackOf(...stack))).toBe(stage)
  })
})

test('shares are of the span that counts, without the time in which the thread was idle', () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 6 })
  const profile: CpuProfile = {
    startTime: 1_000,
    nodes: [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 3, 4] },
      { id: 2, callFrame: frame('(idle)', '') },
      { id: 3, callFrame: frame('apply', '/p/services/detect/detection.ts') },
      { id: 4, callFrame: frame('run', '/p/services/flow/shard.ts') },
    ],
    //       start  |  what counts     | end
    samples: [3, 3, 4, 2, 3, 3, 4],
    timeDeltas: [50, 50, 10, 500, 10, 20, 90],
  }
  const { stages, functions } = sharesOf(profile, 1_105, 1_650)
  expect([...stages]).toEqual([
    ['shard', 0.25],
    ['step', 0.75],
  ])
  expect(functions).toEqual([
    { name: 'apply services/detect/detection.ts:7', stage: 'step', share: 0.75 },
    { name: 'run services/flow/shard.ts:7', stage: 'shard', share: 0.25 },
  ])
})
