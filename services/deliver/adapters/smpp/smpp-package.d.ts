/** What deliver uses of the npm package `smpp` 0.5, which brings no types. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  interface Pdu {
    readonly command: string
    readonly command_status: number
    readonly sequence_number: number
    response(options?: Record<string, unknown>): Pdu
  }

  interface SubmitAnswer extends Pdu {
    readonly message_id?: string
  }

  interface DeliverPdu extends Pdu {
    readonly esm_class: number
    readonly data_coding: number
    /** From here on absent in a PDU that was cut. */
    readonly source_addr?: string
    readonly source_addr_ton?: number
    readonly short_message?: Buffer
    readonly message_payload?: Buffer
    readonly receipted_message_id?: string
    readonly message_state?: number
  }

  type Answered<Answer extends Pdu = Pdu> = (answer: Answer) => void

  interface Session extends EventEmitter {
    readonly socket: Socket
    /** All return false, and write nothing, when the socket cannot be written to. */
    send(pdu: Pdu): boolean
    bind_transceiver(fields: Record<string, unknown>, answered: Answered): boolean
    bind_transmitter(fields: Record<string, unknown>, answered: Answered): boolean
    bind_receiver(fields: Record<string, unknown>, answered: Answered): boolean
    submit_sm(fields: Record<string, unknown>, answered: Answered<SubmitAnswer>): boolean
    enquire_link(answered: Answered): boolean
    unbind(answered: Answered): boolean
    destroy(): void
  }

  interface Coder {
    encode(text: string): Buffer
    match(text: string): boolean
  }

  interface Field {
    filter?: object
  }

  const smpp: {
    connect(options: { host: string; port: number; tls: boolean; ca?: string }): Session
    readonly encodings: { readonly ASCII: Coder }
    readonly commands: { readonly deliver_sm: { readonly params: { readonly short_message: Field } } }
    readonly tlvs: { readonly message_payload: Field }
  }
  export default smpp
  export type { DeliverPdu, Pdu, Session, SubmitAnswer }
}
