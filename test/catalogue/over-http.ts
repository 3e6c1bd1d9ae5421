import type { CatalogueFile } from '../../services/catalogue/files.ts'

/** The catalogue's routes of a running engine, as a client uses them. */
export function catalogueOf(url: string) {
  const call = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(new URL(`/v1/catalogue${path}`, url), {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: textOf(body) }),
    })
    return { status: response.status, body: (await response.json()) as Body }
  }
  return {
    get: (path = '') => call('GET', path),
    post: (path: string, body: unknown) => call('POST', path, body),
    /** Publishes as whoever has looked at the last version. */
    async publish(files: readonly CatalogueFile[], more: object = {}) {
      const { body } = await call('GET', '')
      const expected = body.last?.number ?? 0
      return call('POST', '/publish', { files, author: 'Li Wei', reason: 'a test', expected, confirm: true, ...more })
    },
  }
}

export interface Answer {
  readonly status: number
  readonly body: Body
}

interface View {
  readonly number: number
  readonly version: string
  readonly author: string
  readonly reason: string
  readonly source: string
  readonly activates_at: number | null
  readonly state: string
}

interface Body extends View {
  readonly code?: string
  readonly message?: string
  readonly problems?: readonly { readonly code: string; readonly file: string; readonly line: number }[]
  readonly last?: View | null
  readonly unchanged?: boolean
  readonly everywhere?: boolean
  readonly missing?: readonly { readonly worker: string; readonly code: string }[]
  readonly workers?: readonly { readonly worker: string; readonly known: number; readonly active: number }[]
  readonly before?: number | null
  readonly versions?: readonly (View & { readonly refused: string | null })[]
  readonly files?: readonly CatalogueFile[]
  readonly changes?: readonly object[]
  readonly impact?: { readonly changes: readonly object[] } | null
  readonly supersedes?: readonly number[]
}

const textOf = (body: unknown): string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body)

/** Files of a small catalogue, as they are sent. */
export const filesOf = (files: Readonly<Record<string, string>>): CatalogueFile[] =>
  Object.entries(files).map(([path, text]) => ({ path, text }))
