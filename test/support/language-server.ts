import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** A place in a document, both from 0. */
export interface Position {
  readonly line: number
  readonly character: number
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly uri?: string; readonly diagnostics?: readonly { readonly message: string }[] }
  readonly result?: unknown
  readonly error?: unknown
}

/** The YAML language server that editors run, spoken to over standard input and output. */
export interface LanguageServer {
  /** Opens a document that needs not be there on disk. @returns what is wrong with it */
  open(path: string, text: string): Promise<readonly string[]>
  /** What is offered at a place: labels, and the words for each. */
  complete(path: string, position: Position): Promise<ReadonlyMap<string, string>>
  hover(path: string, position: Position): Promise<string>
  stop(): Promise<void>
}

const require = createRequire(import.meta.url)
const answerWithin = 20_000

/** @throws Error when it doesn't answer in time; stop it in the end */
export async function startLanguageServer(root: string): Promise<LanguageServer> {
  const main = require.resolve('yaml-language-server/bin/yaml-language-server')
  const child = spawn(process.execPath, [main, '--stdio'], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const waiting = new Map<string, (message: Message) => void>()
  const send = (message: object) => write(child, { jsonrpc: '2.0', ...message })
  onMessages(child, (message) => {
    // What the server asks of an editor has no answer here: none of its settings are anything but the default.
    if (message.method && message.id !== undefined) send({ id: message.id, result: [] })
    else waiting.get(message.method ? `${message.method} ${message.params?.uri}` : String(message.id))?.(message)
  })

  const answerTo = (key: string): Promise<Message> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the language server does not answer: ${key}`)), answerWithin)
      waiting.set(key, (message) => {
        clearTimeout(timer)
        waiting.delete(key)
        resolve(message)
      })
    })
  let count = 0
  const ask = async (method: string, params: object): Promise<unknown> => {
    const id = count++
    const answer = answerTo(String(id))
    send({ id, method, params })
    const { result, error } = await answer
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }
  const at = (path: string, position: Position) => ({ textDocument: { uri: uriOf(path) }, position })

  await ask('initialize', { processId: process.pid, rootUri: pathToFileURL(root).href, capabilities: {} })
  send({ method: 'initialized', params: {} })

  return {
    async open(path, text) {
      const uri = uriOf(path)
      const told = answerTo(`textDocument/publishDiagnostics ${uri}`)
      send({
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
      })
      return ((await told).params?.diagnostics ?? []).map(({ message }) => message)
    },
    async complete(path, position) {
      const result = (await ask('textDocument/completion', at(path, position))) as {
        readonly items: readonly { readonly label: string; readonly documentation?: string | { value: string } }[]
      }
      return new Map(result.items.map(({ label, documentation }) => [label.trim(), wordsOf(documentation)]))
    },
    async hover(path, position) {
      const result = (await ask('textDocument/hover', at(path, position))) as { contents: { value: string } } | null
      return result?.contents.value ?? ''
    },
    async stop() {
      await ask('shutdown', {})
      send({ method: 'exit' })
      child.stdin.end()
      await exited
    },
  }
}

const uriOf = (path: string): string => pathToFileURL(path).href

const wordsOf = (said: string | { readonly value: string } | undefined): string =>
  typeof said === 'object' ? said.value : (said ?? '')

function write(child: ChildProcessWithoutNullStreams, message: object): void {
  const body = JSON.stringify(message)
  child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

function onMessages(child: ChildProcessWithoutNullStreams, take: (message: Message) => void): void {
  let left = Buffer.alloc(0)
  child.stdout.on('data', (chunk: Buffer) => {
    left = Buffer.concat([left, chunk])
    for (;;) {
      const head = left.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(left.subarray(0, Math.max(head, 0)).toString())?.[1])
      if (head < 0 || left.length < head + 4 + length) return
      take(JSON.parse(left.subarray(head + 4, head + 4 + length).toString()) as Message)
      left = left.subarray(head + 4 + length)
    }
  })
}
