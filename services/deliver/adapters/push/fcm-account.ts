import type { KeyObject } from 'node:crypto'
import { CodedError } from '../../../domain/errors.ts'
import { readPrivateKey } from './private-key.ts'

/** What is needed of a Google service account to send for its project. */
export interface FcmAccount {
  readonly projectId: string
  readonly email: string
  readonly keyId: string
  readonly key: KeyObject
  /** Where access tokens are given out. */
  readonly tokenUrl: string
}

const setting = 'push.fcm.credentials'

/** Reads the JSON that Google gives out for a service account. @throws CodedError KM_SETTINGS_INVALID, without a word of it */
export function readFcmAccount(json: string): FcmAccount {
  const fault = (what: string) =>
    new CodedError('KM_SETTINGS_INVALID', `${setting}, or the file of ${setting}_file: ${what}`)
  const given = parse(json, fault)
  const text = (name: string): string => {
    const value = given[name]
    if (typeof value === 'string' && value !== '') return value
    throw fault(`no service account's key: it has no '${name}'`)
  }
  if (given.type !== 'service_account') throw fault("no service account's key: its 'type' is not 'service_account'")
  const tokenUrl = text('token_uri')
  if (!URL.canParse(tokenUrl)) throw fault("its 'token_uri' is no URL")
  return {
    projectId: text('project_id'),
    email: text('client_email'),
    keyId: text('private_key_id'),
    key: rsaKey(text('private_key'), fault),
    tokenUrl,
  }
}

type Fault = (what: string) => CodedError

function parse(text: string, fault: Fault): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Told below, without a word of it: it may hold the key.
  }
  throw fault('is no JSON object')
}

function rsaKey(pem: string, fault: Fault): KeyObject {
  const key = readPrivateKey(pem)
  if (!key) throw fault("its 'private_key' is no private key in PEM")
  if (key.asymmetricKeyType !== 'rsa') throw fault(`its 'private_key' is of type ${key.asymmetricKeyType}, not rsa`)
  return key
}
