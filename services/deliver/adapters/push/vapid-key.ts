import { createECDH } from 'node:crypto'
import { CodedError } from '../../../domain/errors.ts'

/** With which we say to push services who sends. */
export interface VapidKey {
  /** Whom they write to when something is wrong: mailto: or https:. */
  readonly subject: string
  /** base64url. */
  readonly publicKey: string
  readonly privateKey: string
}

/** @throws CodedError KM_SETTINGS_INVALID, naming the setting and not its value */
export function readVapidKey(privateKey: string, subject: string): VapidKey {
  const fault = (name: string, what: string) => new CodedError('KM_SETTINGS_INVALID', `push.web.${name} ${what}`)
  const bytes = Buffer.from(privateKey.trim(), 'base64url')
  if (bytes.length !== 32)
    throw fault('key', 'or the file of push.web.key_file is no private key of VAPID: 32 bytes as base64url')
  if (!/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(subject)) {
    throw fault('subject', 'says whom push services write to: mailto:push@example.com, or an https:// page')
  }
  const curve = createECDH('prime256v1')
  try {
    curve.setPrivateKey(bytes)
  } catch {
    throw fault('key', 'or the file of push.web.key_file is no private key of the curve P-256')
  }
  return { subject, publicKey: curve.getPublicKey('base64url'), privateKey: bytes.toString('base64url') }
}
