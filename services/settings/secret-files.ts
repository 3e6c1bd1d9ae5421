import { createReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { CodedError, type Location } from '../domain/errors.ts'

/** Behind a secret's name: the file which holds it, as orchestrators put it there. */
export const fileSuffix = '_file'

/** Longer than any key, token or certificate. Bytes. */
const longest = 65_536

/**
 * What a file holds as the secret of that name, without the line break at its end.
 *
 * @param name of the setting or variable which names the file: it is said with what is wrong, what the file holds never is
 * @throws CodedError KM_SETTINGS_INVALID: it can't be read, is empty, or is no text of at most 64 KiB
 */
export async function readSecret(
  name: string,
  file: unknown,
  where: { readonly location?: Location } = {},
): Promise<string> {
  const invalid = (why: string, cause?: unknown) =>
    new CodedError('KM_SETTINGS_INVALID', `${name} ${why}`, { ...where, cause })
  if (typeof file !== 'string' || file === '') throw invalid('must be the path of a file')
  const bytes = await buffer(createReadStream(file, { end: longest })).catch((cause: NodeJS.ErrnoException) => {
    throw invalid(`names '${file}', which cannot be read: ${cause.code ?? 'error'}`, cause)
  })
  if (bytes.length > longest) throw invalid(`names '${file}', which has more than ${longest} bytes`)
  const value = textOf(bytes)?.replace(/\r?\n$/, '')
  if (value === undefined) throw invalid(`names '${file}', which is no text`)
  if (value.trim() === '') throw invalid(`names '${file}', which is empty`)
  return value
}

function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
