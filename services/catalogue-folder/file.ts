import { open } from 'node:fs/promises'
import { fileBytesMax } from '../rules/source.ts'

/** A file's bytes; of one above the limit no more than shows that it is. */
export async function readUpTo(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const bytes = Buffer.allocUnsafe(Math.min((await file.stat()).size, fileBytesMax) + 1)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}
