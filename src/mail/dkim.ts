import { createPrivateKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { ConfigError, errorCode, type Config } from '../config.ts'

/** What mails are signed with (RFC 6376): the key that DNS has under `<selector>._domainkey.<domain>`. */
export interface DkimKey { domain: string, selector: string, privateKey: string }

/** What a signature covers: all that a reader or a filter goes by. Fields that a mail lacks are passed over. */
export const SIGNED_FIELDS = 'From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:Content-Language:List-Id:Auto-Submitted:Reply-To:Cc'

/** What signers should have at least (RFC 8301, section 3.2). */
const LEAST_BITS = 2048
const OTHERS = 0o007

/**
 * The key that the settings name; `undefined` where they name none.
 *
 * @throws {ConfigError} where the file cannot be read, everybody can read it, or what it holds is no such key
 */
export function readDkimKey ({ EMAIL_DKIM_DOMAIN: domain, EMAIL_DKIM_SELECTOR: selector, EMAIL_DKIM_KEY_FILE: file }: Pick<Config, 'EMAIL_DKIM_DOMAIN' | 'EMAIL_DKIM_SELECTOR' | 'EMAIL_DKIM_KEY_FILE'>): DkimKey | undefined {
  if (domain === undefined || selector === undefined || file === undefined) return undefined
  return { domain: domain.toLowerCase(), selector, privateKey: readKey(file) }
}

function readKey (file: string): string {
  const refuse = (reason: string): never => { throw new ConfigError(`EMAIL_DKIM_KEY_FILE ${reason}`) }
  let text = ''
  try {
    // The group may: mounted secrets belong to one.
    if (process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0) refuse('is open to everybody: chmod 600')
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    refuse(`cannot be read (${errorCode(error)})`)
  }
  try {
    const key = createPrivateKey(text)
    // The library signs with RSA alone, and lets a mail go unsigned where it cannot.
    if (key.asymmetricKeyType !== 'rsa') refuse('holds no RSA key')
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_BITS) refuse(`holds an RSA key of fewer than ${LEAST_BITS} bits`)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    refuse('holds no private key in PEM that can be read without a passphrase')
  }
  return text
}
