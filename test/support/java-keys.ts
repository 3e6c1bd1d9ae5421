import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, run } from '../../deploy/local/command.ts'

/**
 * Makes a key for 127.0.0.1 by Java's keytool: `keystore.p12` in the folder, whose password is `password`.
 *
 * @returns its own certificate (PEM), by which nobody else has signed
 */
export async function selfSignedKey(folder: string): Promise<string> {
  const { output } = await run('java', ['-XshowSettings:properties', '-version'])
  const home = /java\.home = (.+)/.exec(output)?.[1]
  if (home === undefined) throw new Error(`java doesn't say where it is:\n${output}`)
  const keytool = join(home.trim(), 'bin', 'keytool')
  const store = ['-keystore', join(folder, 'keystore.p12'), '-storepass', 'password', '-alias', 'smsc']
  const subject = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1']
  await must(keytool, ['-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...store, ...subject])
  const file = join(folder, 'certificate.pem')
  await must(keytool, ['-exportcert', '-rfc', ...store, '-file', file])
  return readFileSync(file, 'utf8')
}
