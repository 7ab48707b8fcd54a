import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isBrandName, isBrandUrl, LONGEST_NAME } from './brand.ts'
import { canonicalEmail, isEmail } from './canonical.ts'
import { LEAST_KEY_BYTES, list, type Config, type Settings } from './config.ts'
import { isDigest } from './legacy-hash.ts'
import { refusalOf } from './redis-settings.ts'
import { readReturnTarget } from './return-to.ts'

/** Words that mark a key copied from an example. */
const EXAMPLE_KEY = /your[-_ ]|change[-_ ]?me|example|placeholder|secret[-_ ]?key|jwt[-_ ]?secret|<.*>/i
const LEAST_PRODUCTION_ITERATIONS = 100_000

/** Why settings that are well-formed are refused all the same, each beginning with the key, and never with the value. */
export function * refusals (checked: Settings, mode: Config['mode'], production: boolean): Generator<string, void> {
  const key = checked.JWT_SECRET_KEY
  if (key === undefined && mode === 'server') yield 'JWT_SECRET_KEY is missing: server mode needs one of at least 32 bytes, for example from "openssl rand -base64 48"'
  if (key !== undefined) yield * weakness('JWT_SECRET_KEY', key)
  // `auto` is refused on one core as on many.
  if (checked.WORKERS !== '1' && mode === 'embedded') yield 'WORKERS must be 1 in embedded mode, which is one process: set DB_HOST for more'
  if (checked.DB_TLS && isIP(checked.DB_HOST ?? '') !== 0) yield 'DB_HOST must be a name where DB_TLS is true: the certificate is checked for it'
  const peppers = list(checked.PASSWORD_PEPPER)
  for (const pepper of peppers) yield * weakness('PASSWORD_PEPPER', pepper)
  if (checked.PASSWORD_PEPPER !== undefined && peppers.length === 0) yield 'PASSWORD_PEPPER lists no secret'
  if (new Set(peppers).size < peppers.length) yield 'PASSWORD_PEPPER lists a secret twice'
  if (key !== undefined && peppers.includes(key)) yield 'PASSWORD_PEPPER must not be JWT_SECRET_KEY: who has one would have the other'
  const redis = refusalOf(checked)
  if (redis !== undefined) yield redis
  if (checked.METRICS_TOKEN !== undefined) yield * weakness('METRICS_TOKEN', checked.METRICS_TOKEN)
  if (checked.METRICS_TOKEN !== undefined && checked.METRICS_PORT === undefined && checked.WORKERS !== '1') yield 'METRICS_PORT is missing: with several WORKERS the one that is asked would show itself alone'
  if (checked.METRICS_PORT === undefined && checked.METRICS_HOST !== undefined) yield 'METRICS_HOST needs METRICS_PORT'
  if (checked.METRICS_PORT === checked.PORT && checked.PORT !== 0) yield 'METRICS_PORT must not be PORT: clients reach that'
  const collector = checked.OTEL_EXPORTER_OTLP_ENDPOINT
  if (collector !== undefined && !(URL.canParse(collector) && /^https?:$/.test(new URL(collector).protocol))) yield 'OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL'
  if (checked.EMAIL_SMTP_SERVER === undefined) {
    if (production) yield 'EMAIL_SMTP_SERVER is missing: with NODE_ENV=production mails have to leave the house'
    if (checked.WORKERS !== '1') yield 'EMAIL_SMTP_SERVER is missing: with several WORKERS each would show the mails of its own development mailbox alone'
  } else {
    if (checked.EMAIL_SENDER === undefined) yield 'EMAIL_SENDER is missing'
    if (checked.EMAIL_PASSWORD === undefined && !checked.EMAIL_SMTP_INSECURE) yield 'EMAIL_PASSWORD is missing'
  }
  if (production && checked.PASSWORD_HASH_ITERATIONS < LEAST_PRODUCTION_ITERATIONS) yield 'PASSWORD_HASH_ITERATIONS must be at least 100,000 with NODE_ENV=production'
  if ((checked.BOOTSTRAP_ADMIN_EMAIL === undefined) !== (checked.BOOTSTRAP_ADMIN_PASSWORD === undefined)) {
    yield `${checked.BOOTSTRAP_ADMIN_EMAIL === undefined ? 'BOOTSTRAP_ADMIN_EMAIL' : 'BOOTSTRAP_ADMIN_PASSWORD'} is missing: the two belong together`
  }
  if (checked.BOOTSTRAP_ADMIN_EMAIL !== undefined && !isEmail(checked.BOOTSTRAP_ADMIN_EMAIL)) yield 'BOOTSTRAP_ADMIN_EMAIL must be an e-mail address'
  if (checked.REQUIRE_PASSWORD_DIGEST && checked.BOOTSTRAP_ADMIN_PASSWORD !== undefined && !isDigest(checked.BOOTSTRAP_ADMIN_PASSWORD)) yield 'BOOTSTRAP_ADMIN_PASSWORD must be an SM3 digest, as REQUIRE_PASSWORD_DIGEST is true'
  if (checked.EMAIL_SENDER !== undefined && !isEmail(checked.EMAIL_SENDER)) yield 'EMAIL_SENDER must be an e-mail address'
  yield * dkim(checked)
  for (const name of ['BRAND_NAME', 'BRAND_NAME_EN'] as const) {
    if (!isBrandName(checked[name] ?? 'none')) yield `${name} must have 1 to ${LONGEST_NAME} characters and no control characters`
  }
  if (checked.BRAND_URL !== undefined && !isBrandUrl(checked.BRAND_URL)) yield 'BRAND_URL must be an https:// URL without user or password'
  for (const range of list(checked.TRUST_PROXY)) {
    if (!ipaddr.isValid(range) && !ipaddr.isValidCIDR(range)) yield 'TRUST_PROXY must list addresses or CIDR ranges, separated by commas'
  }
  for (const origin of list(checked.CORS_ORIGIN)) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) yield 'CORS_ORIGIN must list origins like https://app.example.com, separated by commas'
  }
  for (const entry of list(checked.ACCOUNT_RETURN_TO)) {
    if (readReturnTarget(entry) === undefined) yield 'ACCOUNT_RETURN_TO must list addresses like https://app.example.com, https://example.com/app or dreamapp://, separated by commas; http:// is for this machine alone'
  }
}

/** A signature by another domain than the sender's does not count for DMARC (RFC 7489, section 3.1.1). */
function * dkim ({ EMAIL_DKIM_DOMAIN, EMAIL_DKIM_SELECTOR, EMAIL_DKIM_KEY_FILE, EMAIL_SENDER }: Settings): Generator<string, void> {
  const missing = Object.entries({ EMAIL_DKIM_DOMAIN, EMAIL_DKIM_SELECTOR, EMAIL_DKIM_KEY_FILE }).flatMap(([key, value]) => value === undefined ? [key] : [])
  if (missing.length === 3) return
  if (missing[0] !== undefined) yield `${missing[0]} is missing: EMAIL_DKIM_DOMAIN, EMAIL_DKIM_SELECTOR and EMAIL_DKIM_KEY_FILE belong together`
  const domain = EMAIL_DKIM_DOMAIN?.toLowerCase() ?? ''
  if (!isEmail(`postmaster@${domain}`)) yield 'EMAIL_DKIM_DOMAIN must be a domain'
  if (EMAIL_SENDER !== undefined && !canonicalEmail(EMAIL_SENDER).replace('@', '.').endsWith(`.${domain}`)) yield 'EMAIL_DKIM_DOMAIN must be the domain of EMAIL_SENDER or one above it'
}

function * weakness (name: 'JWT_SECRET_KEY' | 'PASSWORD_PEPPER' | 'METRICS_TOKEN', secret: string): Generator<string, void> {
  if (Buffer.byteLength(secret) < LEAST_KEY_BYTES) yield `${name} is too short: at least 32 bytes, for example from "openssl rand -base64 48"`
  if (EXAMPLE_KEY.test(secret) || new Set(secret).size < 10) yield `${name} looks like an example value; make one of your own with "openssl rand -base64 48"`
}
