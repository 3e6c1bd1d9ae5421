import { createPrivateKey, type KeyObject } from 'node:crypto'

/** Reads a private key in PEM; undefined: it is none. What was wrong with it isn't told, as that may hold a part of it. */
export function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
