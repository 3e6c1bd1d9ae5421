import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import snappy from 'snappy'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** What kafkajs hands to a codec: an encoder of its own whose bytes are in `buffer`. */
interface Encoded {
  readonly buffer: Buffer
}

/** Makes kafkajs, which only knows gzip, read and write what other clients compress. Idempotent. */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: ({ buffer }: Encoded) => snappy.compress(buffer),
    decompress: async (bytes: Buffer) => unframe(bytes) ?? snappy.uncompress(bytes),
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: Encoded) => compressFrame(buffer),
    decompress: (bytes: Buffer) => decompressFrame(bytes),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Encoded) => zstdCompressSync(buffer),
    decompress: async (bytes: Buffer) => zstdDecompressSync(bytes),
  })
}

/** First four bytes of snappy-java's frame, which Java clients write; behind 16 bytes come blocks with their lengths. */
const xerial = 0x82_53_4e_41

function unframe(bytes: Buffer): Buffer | null {
  if (bytes.length < 16 || bytes.readUInt32BE(0) !== xerial) return null
  const blocks: Buffer[] = []
  for (let at = 16; at + 4 <= bytes.length; ) {
    const length = bytes.readInt32BE(at)
    at += 4
    blocks.push(Buffer.from(snappy.uncompressSync(bytes.subarray(at, at + length))))
    at += length
  }
  return Buffer.concat(blocks)
}
