import { type CheckAnswer, type CheckTask, check as really } from '../../services/catalogue/check-thread.ts'

/** What is written into a file of a catalogue on which the thread ends, as one does that runs out of memory. */
const deadly = '# deadly'

export function check(task: CheckTask): CheckAnswer {
  if (task.kind === 'load' && task.files.some(({ text }) => String(text).includes(deadly))) process.exit(1)
  return really(task)
}
