import { type TProperties, Type } from 'typebox'

export const section = <P extends TProperties>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, default: {}, description })

export const count = (value: number, description: string, minimum = 1) =>
  Type.Integer({ minimum, default: value, description })

/** Of sandboxes. */
export const failShare = Type.Number({
  minimum: 0,
  maximum: 1,
  default: 0,
  description: 'share of the messages that the sandbox reports as not delivered, the same ones each time, e.g. 0.1',
})

/** It is, or may hold, what nobody else may know: it can be given as a file, too, and is shown nowhere. */
export const secret = (description: string) => Type.String({ default: '', description, writeOnly: true })
