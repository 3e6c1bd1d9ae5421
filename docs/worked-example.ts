import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const fence = /^```(\w+) ([^\n]+)\n([\s\S]*?)^```$/gm

/**
 * Does what a document tells its reader, from top to bottom in an empty folder with `deploy` in it: a fence such as
 * ` ```yaml my-catalogue/rules/x.yaml ` is a file to write, the lines with `$ ` in a fence ` ```console tried ` are
 * commands. Gives the document back with what the commands printed.
 */
export function tryExample(markdown: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-docs-'))
  try {
    symlinkSync(join(root, 'deploy'), join(folder, 'deploy'))
    return markdown.replaceAll(fence, (whole, language: string, title: string, body: string) => {
      if (language !== 'console') {
        writeInto(folder, title, body)
        return whole
      }
      return title === 'tried' ? `\`\`\`console tried\n${runAll(body, folder)}\`\`\`` : whole
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function writeInto(folder: string, path: string, text: string): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function runAll(body: string, folder: string): string {
  const commands = body.split('\n').filter((line) => line.startsWith('$ '))
  return commands.map((line) => `${line}\n${run(line.slice(2), folder)}`).join('')
}

/** Standard output and error in the order in which they were written, as on a terminal. */
function run(command: string, cwd: string): string {
  const keymoment = `node '${join(root, 'bin', 'keymoment.js')}'`
  const { PATH, HOME } = process.env
  const { stdout, error } = spawnSync('sh', ['-c', `{ ${command.replaceAll('npx keymoment', keymoment)}\n} 2>&1`], {
    cwd,
    encoding: 'utf8',
    env: { HOME, PATH: `${dirname(process.execPath)}${delimiter}${PATH}`, TZ: 'UTC' },
    timeout: 60_000,
  })
  if (error) throw error
  return stdout
}
