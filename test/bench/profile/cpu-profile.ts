import { type Frame, type Stage, stageOf } from './stages.ts'

/** A `.cpuprofile` as V8 writes it; times in microseconds on a monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: Frame & { readonly lineNumber: number }
  readonly children?: readonly number[]
}

/** What took how much of a span; shares of the time in which the main thread wasn't idle. */
export interface Shares {
  readonly stages: ReadonlyMap<Stage, number>
  /** The most expensive functions, by the time spent in themselves. */
  readonly functions: readonly FunctionShare[]
}

export interface FunctionShare {
  readonly name: string
  readonly stage: Stage
  readonly share: number
}

/** `from` and `to`: the span that counts, on the profile's clock. */
export function sharesOf(profile: CpuProfile, from: number, to: number): Shares {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const known = new Map<number, Stage>()
  const stageOfNode = (id: number): Stage => {
    const before = known.get(id)
    if (before !== undefined) return before
    const stack: Frame[] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const node = nodes.get(at)
      if (node) stack.push(node.callFrame)
    }
    const stage = stageOf(stack)
    known.set(id, stage)
    return stage
  }

  const byStage = new Map<Stage, number>()
  const byFunction = new Map<string, { stage: Stage; micros: number }>()
  let total = 0
  let time = profile.startTime
  for (const [i, id] of profile.samples.entries()) {
    // A sample stands for the time since the one before it.
    const micros = profile.timeDeltas[i] ?? 0
    time += micros
    const node = nodes.get(id)
    if (time < from || time > to || !node || node.callFrame.functionName === '(idle)') continue
    const stage = stageOfNode(id)
    total += micros
    byStage.set(stage, (byStage.get(stage) ?? 0) + micros)
    const name = nameOf(node)
    const own = byFunction.get(name) ?? { stage, micros: 0 }
    own.micros += micros
    byFunction.set(name, own)
  }
  return {
    stages: new Map([...byStage].map(([stage, micros]) => [stage, micros / total])),
    functions: [...byFunction]
      .map(([name, { stage, micros }]) => ({ name, stage, share: micros / total }))
      .toSorted((a, b) => b.share - a.share),
  }
}

/** Function and file, from the folder that says whose it is. */
function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const file = url.replace(/^.*\/(?=(services|node_modules|test)\/)/, '').replace(/^node_modules\//, '')
  const name = functionName === '' ? '(anonymous)' : functionName
  if (name.startsWith('(') && file === '') return name
  return file === '' ? `${name} (generated or native)` : `${name} ${file}:${lineNumber + 1}`
}
