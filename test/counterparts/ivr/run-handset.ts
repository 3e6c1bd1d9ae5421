import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '../../../deploy/local/command.ts'
import { type Child, startChild } from '../../support/child-process.ts'
import { freePorts } from '../../support/free-port.ts'

/** A subscriber of another make (Debian's baresip), who answers by himself and presses keys when told to. */
export interface Handset {
  /** Whom to call, as ivr.dial has it; always the same. */
  readonly dial: string
  press(key: string): Promise<void>
  /** Loudness of what was heard, from 0 to 1, and for how many seconds. */
  heard(): { readonly seconds: number; readonly loudness: number }
  stop(): Promise<void>
}

/** @returns the handset, listening. Stop it in the end. */
export async function runHandset(): Promise<Handset> {
  const [sip = 0, keys = 0, media = 0] = await freePorts(3)
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-handset-'))
  const recordings = join(folder, 'heard')
  mkdirSync(recordings)
  const tone = join(folder, 'tone.wav')
  writeFileSync(join(folder, 'config'), config({ sip, keys, media, tone, recordings }))
  writeFileSync(join(folder, 'accounts'), `<sip:77@127.0.0.1:${sip}>;regint=0;answermode=auto;audio_codecs=PCMA\n`)
  writeFileSync(join(folder, 'contacts'), '')
  let child: Child | undefined
  const stop = async () => {
    await child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await must('sox', ['-n', '-r', '8000', '-c', '1', '-b', '16', tone, 'synth', '60', 'sine', '400', 'vol', '0.3'])
    child = await startChild('baresip', ['-f', folder])
    await child.waitForLine(/baresip is ready/)
  } catch (error) {
    await stop()
    throw error
  }
  const send = (bytes: string) =>
    new Promise<void>((resolve) => {
      const socket = createSocket('udp4')
      socket.send(bytes, keys, '127.0.0.1', () => socket.close(() => resolve()))
    })
  return {
    dial: `sofia/external/77@127.0.0.1:${sip}`,
    async press(key) {
      await send(key)
      await sleep(300) // as long as a finger is on a key
      await send('\u0004')
    },
    heard() {
      const file = readdirSync(recordings).find((name) => name.endsWith('dec.wav'))
      return loudness(file === undefined ? Buffer.alloc(0) : readFileSync(join(recordings, file)).subarray(wavHead))
    },
    stop,
  }
}

const wavHead = 44

/** Of 16-bit samples, 8,000 a second. */
function loudness(samples: Buffer): { seconds: number; loudness: number } {
  const count = Math.floor(samples.length / 2)
  let sum = 0
  for (let at = 0; at < count; at++) sum += (samples.readInt16LE(2 * at) / 32_768) ** 2
  return { seconds: count / 8_000, loudness: count === 0 ? 0 : Math.sqrt(sum / count) }
}

const config = (at: Readonly<Record<'sip' | 'keys' | 'media', number>> & { tone: string; recordings: string }) => `\
sip_listen 127.0.0.1:${at.sip}
audio_player aubridge,dev0
audio_source aufile,${at.tone}
ausrc_channels 1
auplay_channels 1
call_max_calls 4
rtp_ports ${at.media}-${at.media + 100}
module_path /usr/lib/baresip/modules
module cons.so
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
cons_listen 127.0.0.1:${at.keys}
snd_path ${at.recordings}
`
