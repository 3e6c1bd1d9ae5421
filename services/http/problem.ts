import { CodedError } from '../domain/errors.ts'

/** An error as a client is told it. */
export interface HttpProblem {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** Coded errors which have a status of their own; others are 503 where the same request may succeed later, else 400. */
const statusByCode: Readonly<Record<string, number>> = {
  KM_HTTP_MEDIA_TYPE: 415,
  KM_LINK_EXPIRED: 410,
  KM_LINK_FORGED: 404,
  KM_LINK_UNKNOWN: 404,
  KM_WEBHOOK_NO_CHANNEL: 404,
  KM_WEBHOOK_UNSIGNED: 401,
}

/** @param bodyBytesMax the limit that a body was too large for */
export function problemOf(error: unknown, bodyBytesMax: number): HttpProblem {
  if (error instanceof CodedError) {
    const { code, message, canRetry } = error
    return { status: statusByCode[code] ?? (canRetry ? 503 : 400), code, message }
  }
  const { statusCode: status, code, message } = error as { statusCode?: number; code?: string; message?: string }
  if (status === 413) {
    const hint = `the body has more than ${bodyBytesMax} bytes; nothing of it was taken, send smaller ones`
    return { status, code: 'KM_HTTP_TOO_LARGE', message: hint }
  }
  if (status === 415) {
    return {
      status,
      code: 'KM_HTTP_MEDIA_TYPE',
      message: 'this content-type is not taken here; /docs names those that are',
    }
  }
  if (status !== undefined && status < 500) {
    return {
      status,
      code: `KM_HTTP_${(code ?? 'BAD_REQUEST').replace(/^FST_/, '')}`,
      message: message ?? 'bad request',
    }
  }
  return { status: 500, code: 'KM_HTTP_INTERNAL', message: 'the request failed; the log says why' }
}
