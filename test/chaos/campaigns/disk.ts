import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '../../../deploy/local/command.ts'
import type { Campaign, Folder } from '../run.ts'

const second = 1_000
const megabyte = 1_048_576

/** The embedded engine, whose disk is full for a while, again and again. */
export const fullDisk: Campaign = {
  name: 'full-disk',
  doc: 'the embedded engine on a small disk that something else fills, and frees again; kill -9 on a full disk',
  layout: [['deliver', 'decide', 'detect', 'ingest']],
  isEmbedded: true,
  folder: smallDisk,
  lengthMs: 120 * second,
  graceMs: 60 * second,
  async strike({ fleet, system, random, lengthMs, count }) {
    const ballast = join(system.folder, 'ballast')
    const [place] = fleet.places
    const begin = Date.now()
    for (let i = 0; i < 4; i++) {
      await sleep(Math.max(0, begin + ((i + random.next()) * lengthMs) / 5 - Date.now()))
      fill(ballast)
      count('disk full')
      await sleep((2 + 8 * random.next()) * second)
      if (place && i % 2 === 1) {
        await fleet.kill(place)
        await fleet.start(place)
        await sleep(4 * second)
      }
      rmSync(ballast)
    }
    await sleep(Math.max(0, begin + lengthMs - Date.now()))
  },
}

/** A file system of its own in memory. @throws Error where that isn't allowed: it takes root on Linux */
async function smallDisk(): Promise<Folder> {
  const path = mkdtempSync(join(tmpdir(), 'keymoment-chaos-disk-'))
  await must('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', path])
  return {
    path,
    async remove() {
      await must('umount', [path])
      rmSync(path, { recursive: true })
    },
  }
}

/** Writes until nothing more goes in. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let size = megabyte; size >= 1; ) {
      try {
        if (writeSync(file, Buffer.alloc(size)) < size) size = Math.floor(size / 2)
      } catch {
        size = Math.floor(size / 2)
      }
    }
  } finally {
    closeSync(file)
  }
}
