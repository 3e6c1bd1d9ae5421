import type { Log } from '../../channel.ts'
import type { CallEvent, Dialler, Dialling, Prompt, Question, Sighting } from './dialler.ts'
import { causeOf } from './esl-causes.ts'
import type { EslEvent } from './esl-frames.ts'
import { createEslLink, type EslLinkSettings } from './esl-link.ts'

export interface EslSettings extends EslLinkSettings {
  /** Whom to call, as FreeSWITCH writes it; `{number}` stands for the number without its plus sign. */
  readonly dial: string
  /** Number that is shown to the called. */
  readonly callerId: string
  /** Folder of the recordings on the switch; '': where its sounds are. */
  readonly prompts: string
  /** Recording that is played after a wrong key. */
  readonly wrongKey: string
  /** Engine and voice of speech; '': as the switch is set up. */
  readonly speech: { readonly engine: string; readonly voice: string }
}

export const eslDefaults = {
  loginTimeoutMs: 10_000,
  answerTimeoutMs: 10_000,
  pingMs: 15_000,
  reconnectMs: { first: 500, longest: 15_000 },
  prompts: '',
  wrongKey: 'invalid.wav',
  speech: { engine: '', voice: '' },
} as const satisfies Omit<EslSettings, 'url' | 'dial' | 'callerId'>

/** What is heard of. `avmd::beep`: a machine's, where the switch listens for it. */
const subscription = [
  'event json',
  'CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE',
  'PLAYBACK_STOP BACKGROUND_JOB CUSTOM avmd::beep',
].join(' ')

/** Marks our calls on the switch, in their variables. */
const mark = 'keymoment'
const keyVariable = 'keymoment_key'
const asking = 'play_and_get_digits'

/**
 * Calls through FreeSWITCH's event socket (inbound mode).
 * @throws CodedError KM_ESL_URL
 */
export function createEslDialler(settings: EslSettings, log: Log): Dialler {
  let tell: (event: CallEvent) => void = () => undefined
  const link = createEslLink(settings, subscription, log, {
    event: (event) => {
      for (const told of read(event)) tell(told)
    },
    back: () => tell({ kind: 'back' }),
    lost: () => tell({ kind: 'lost' }),
  })
  const wrongKey = fileOf(settings.wrongKey)

  function read(event: EslEvent): readonly CallEvent[] {
    if (event['Event-Name'] === 'BACKGROUND_JOB') return readJob(event)
    const id = event['Unique-ID']
    if (id === undefined) return []
    if (event['Event-Name'] === 'CHANNEL_HANGUP_COMPLETE') {
      if (event[`variable_${mark}`] === undefined) return []
      const detail = event['Hangup-Cause'] ?? ''
      const machine: readonly CallEvent[] = isMachine(event) ? [{ kind: 'machine', id }] : []
      return [...machine, { kind: 'ended', id, cause: causeOf(detail), detail: nameOf(detail), key: keyOf(event) }]
    }
    if (isMachine(event)) return [{ kind: 'machine', id }]
    return readProgress(event, id)
  }

  function readProgress(event: EslEvent, id: string): readonly CallEvent[] {
    switch (event['Event-Name']) {
      case 'CHANNEL_PROGRESS':
      case 'CHANNEL_PROGRESS_MEDIA':
        return [{ kind: 'ringing', id }]
      case 'CHANNEL_ANSWER':
        return [{ kind: 'answered', id }]
      case 'PLAYBACK_STOP': {
        const whole = event['Playback-Status'] === 'done' && event['Playback-File-Path'] !== wrongKey
        return whole ? [{ kind: 'said', id }] : []
      }
      case 'CHANNEL_EXECUTE_COMPLETE':
        if (event.Application !== asking) return []
        return [{ kind: 'asked', id, key: keyOf(event), hungUp: event['Answer-State'] === 'hangup' }]
      default:
        return []
    }
  }

  /** A call that doesn't come about may have no channel at all: the job tells it. */
  function readJob(event: EslEvent): readonly CallEvent[] {
    const id = event['Job-UUID']
    const failed = /^-(ERR|USAGE)[ :]*([A-Z_]*)/.exec(event._body?.trim() ?? '')
    if (id === undefined || !failed) return []
    const detail = failed[1] === 'USAGE' ? 'CHAN_NOT_IMPLEMENTED' : (failed[2] ?? '')
    return [{ kind: 'ended', id, cause: causeOf(detail), detail: nameOf(detail), key: null }]
  }

  function originate({ id, number, ringMs, callMaxMs }: Dialling): string {
    const { engine, voice } = settings.speech
    const variables = {
      origination_uuid: id,
      origination_caller_id_number: settings.callerId,
      ignore_early_media: 'true',
      originate_timeout: seconds(ringMs),
      // The call of a Keymoment that has died doesn't stay for ever.
      park_timeout: seconds(ringMs + callMaxMs),
      [mark]: '1',
      ...(engine === '' ? {} : { tts_engine: engine }),
      ...(voice === '' ? {} : { tts_voice: voice }),
    }
    const written = Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')
    return `bgapi originate {${written}}${settings.dial.replaceAll('{number}', number.slice(1))} &park()`
  }

  /** Asks the channel to run an application; it does so behind what it is doing. */
  async function execute(id: string, application: string, data: string): Promise<boolean> {
    const lines = [`sendmsg ${id}`, 'call-command: execute', `execute-app-name: ${application}`]
    const answer = await link.command(lines, data)
    return answer.kind === 'answered' && answer.text.startsWith('+OK')
  }

  async function api(command: string): Promise<string | null> {
    const answer = await link.command([`api ${command}`])
    return answer.kind === 'answered' ? answer.text.trim() : null
  }

  function fileOf(recording: string): string {
    return settings.prompts === '' || recording === '' ? recording : `${settings.prompts}/${recording}`
  }

  const played = (prompt: Prompt): string =>
    prompt.kind === 'recording' ? fileOf(prompt.name) : `say:${speakable(prompt.text)}`

  return {
    start(hear) {
      tell = hear
      link.start()
    },

    connected: link.connected,

    async dial(call) {
      const answer = await link.command([originate(call), `Job-UUID: ${call.id}`])
      if (answer.kind === 'not-connected') return { kind: 'not-sent', detail: null }
      if (answer.kind === 'lost') return { kind: 'lost' }
      return answer.text.startsWith('+OK') ? { kind: 'taken' } : { kind: 'not-sent', detail: 'bgapi refused' }
    },

    ask(id, { prompt, keys, times, waitMs }: Question) {
      const words = [1, 1, times, waitMs, '#', quoted(played(prompt)), quoted(wrongKey), keyVariable, `^[${keys}]$`]
      return execute(id, asking, words.join(' '))
    },

    transfer: (id, to) => execute(id, 'transfer', to),

    async hangUp(id) {
      await api(`uuid_kill ${id} NORMAL_CLEARING`)
    },

    async look(id): Promise<Sighting | null> {
      const exists = await api(`uuid_exists ${id}`)
      if (exists === 'false') return { kind: 'gone' }
      const dump = exists === 'true' ? await api(`uuid_dump ${id}`) : null
      if (dump === null) return null
      if (dump.startsWith('-ERR')) return { kind: 'gone' }
      const found = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(dump)?.[1]?.trim()
      return {
        kind: 'here',
        answered: found('Answer-State') === 'answered',
        key: found(`variable_${keyVariable}`) ?? null,
      }
    },

    state: link.state,
    close: link.close,
  }
}

const keyOf = (event: EslEvent): string | null => event[`variable_${keyVariable}`] ?? null

/** By mod_amd or mod_avmd, where the switch runs one. */
const isMachine = (event: EslEvent): boolean =>
  event.variable_amd_result === 'MACHINE' ||
  event.variable_avmd_detect === 'TRUE' ||
  event['Event-Subclass'] === 'avmd::beep'

/** Causes are names; what isn't one isn't passed on. */
const nameOf = (cause: string): string => (/^[A-Z0-9_]{1,64}$/.test(cause) ? cause : 'UNKNOWN')

const seconds = (millis: number): string => String(Math.max(1, Math.ceil(millis / 1000)))

/** Words of an application's arguments are parted by blanks, outside single quotes. */
const quoted = (word: string): string => (/\s/.test(word) ? `'${word}'` : word)

/** What the switch would take for its own: quotes, variables, escapes, line breaks. */
const speakable = (text: string): string =>
  text
    .replaceAll("'", '’')
    .replace(/[\p{Cc}\\$|{}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
