import { type CheckAnswer, type CheckTask, check as really } from '../../services/catalogue/check-thread.ts'

/** What is written into a file of a catalogue on which the thread ends, runs out of memory, or meets a defect. */
const ends: Readonly<Record<string, () => void>> = {
  '# deadly': () => process.exit(1),
  '# huge': () => {
    for (const all: number[][] = []; ; ) all.push(new Array<number>(100_000).fill(all.length))
  },
  '# defective': () => {
    throw new TypeError('x is undefined')
  },
}

export function check(task: CheckTask): CheckAnswer {
  for (const [text, end] of Object.entries(ends)) {
    if (task.kind === 'load' && task.files.some((file) => String(file.text).includes(text))) end()
  }
  return really(task)
}
