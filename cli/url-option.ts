import { Option } from 'commander'

/** Names the engine of a verb that asks one. */
export const urlOption = (description = 'of the engine'): Option =>
  new Option('--url <url>', description)
    .env('KEYMOMENT_URL')
    .default(ownUrl(process.env))
    .argParser((text) => text || ownUrl(process.env)) // a variable without a value isn't set

/** Where an engine of these settings is reached from this machine. */
function ownUrl({ KEYMOMENT_HTTP_HOST: host = '', KEYMOMENT_HTTP_PORT: port = '' }: NodeJS.ProcessEnv): string {
  // 0: a port that only the engine knows.
  const known = port === '' || port === '0' ? '8080' : port
  return `http://${reachable(host)}:${known}`
}

/** Of an address on which an engine listens the one by which it is reached: nobody connects to `all of them`. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
