import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { type Child, startChild } from '../support/child-process.ts'
import { root } from '../tidy/sources.ts'

/** A fenced block of a page: ```LANGUAGE TITLE. */
interface Fence {
  readonly language: string
  readonly title: string
  readonly body: string
}

/** A command and what it prints. */
interface Shown {
  readonly command: string
  readonly printed: string
}

export const fencesOf = (page: string): readonly Fence[] =>
  [...page.matchAll(/^```(\w+) ([^\n]+)\n([\s\S]*?)^```$/gm)].map(([, language = '', title = '', body = '']) => ({
    language,
    title,
    body,
  }))

/** The commands of ```console running, or of those that end with an error, in their order. */
export const shownIn = (fences: readonly Fence[], kind: 'running' | 'refused' = 'running'): readonly Shown[] =>
  fences
    .filter(({ language, title }) => language === 'console' && title === kind)
    .flatMap(({ body }) => body.split(/^\$ /m).slice(1))
    .map((text) => {
      const end = text.indexOf('\n')
      return { command: text.slice(0, end), printed: text.slice(end + 1) }
    })

export const keymoment = join(root, 'bin', 'keymoment.js')
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `…` stands for anything: alone on a line for any lines, else for a piece of one. */
export const patternOf = (printed: string): RegExp =>
  new RegExp(`^${escaped(printed).replaceAll(/^…\n/gm, '(?:.*\\n)*?').replaceAll('…', '.*')}$`)

/** Gives a command as it is shown to a shell; its error goes where its output goes. */
export function startShown(command: string, env: Readonly<Record<string, string>>, cwd: string): Promise<Child> {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
  return startChild('sh', ['-c', `exec 2>&1; ${command.replaceAll('npx keymoment', `node '${keymoment}'`)}`], {
    cwd,
    env: { ...env, PATH, TZ: 'UTC' },
  })
}

/** Writes blocks to the files that they name. */
export function writeFences(folder: string, fences: readonly Fence[]): void {
  for (const { title, body } of fences) {
    mkdirSync(dirname(join(folder, title)), { recursive: true })
    writeFileSync(join(folder, title), body)
  }
}
