import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { envSchema } from 'env-schema'
import { DEFAULT_COLOR, DEFAULT_NAMES } from './brand.ts'
import { parseEnvFile } from './env-file.ts'
import { ALGORITHMS, type Algorithm } from './keys/key.ts'
import { lifetimeSeconds } from './lifetime.ts'
import { redisLists, type HostPort } from './redis-settings.ts'
import { refusals } from './refusals.ts'

/** What becomes of a common password: it is refused, let through with a line in the log, or not looked at. */
export type DenylistPolicy = 'on' | 'warn' | 'off'

/** What a network that has failed some times has to show: nothing, or work in the format of ALTCHA. */
export type CaptchaKind = 'off' | 'altcha'

const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description })
const text = (description: string) => Type.Optional(Type.String({ description }))
const choice = <T extends string>(values: T[], fallback: T | undefined, description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: values, ...(fallback !== undefined && { default: fallback }), description })

/** Every setting, once: type, bounds, default and meaning. README's table is checked against it. */
export const settings = {
  HOST: text('Address to listen on: `0.0.0.0`, or `127.0.0.1` in embedded mode'),
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 8888, description: 'Port to listen on' }),
  WORKERS: Type.String({ default: '1', pattern: '^(auto|[1-9][0-9]{0,2})$', description: 'Processes: a number, or `auto` for one a core; more than one needs server mode' }),
  SHUTDOWN_DELAY: Type.Integer({ minimum: 0, maximum: 300, default: 0, description: 'Seconds between the signal to stop and the end of listening, during which `/health` answers 503: time for a balancer to notice' }),
  SHUTDOWN_GRACE: Type.Integer({ minimum: 5, maximum: 600, default: 13, description: 'Seconds that the rest of a stop may take' }),
  NODE_ENV: Type.String({ default: 'development', description: '`production` insists on real mail and turns the development mailbox off' }),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info', 'Least level that is logged'),
  DEBUG: flag(false, '`true` sets the log level to debug; the old name `FLASK_DEBUG` is read too'),
  METRICS_PORT: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: 'Port of its own for `GET /metrics`; 0 for one of the system\'s choice' })),
  METRICS_HOST: text('Address of that port; unless set, as `HOST` where `METRICS_TOKEN` is set, else `127.0.0.1`'),
  METRICS_TOKEN: text('Secret of at least 32 bytes that `GET /metrics` must carry as a bearer token; without `METRICS_PORT`, metrics are on the port of the service'),
  OTEL_EXPORTER_OTLP_ENDPOINT: text('Where traces go: address of an OpenTelemetry collector, such as `http://localhost:4318`'),
  DATA_DIR: Type.String({ default: './data', description: 'Embedded mode: folder of the database and the generated key' }),
  DB_HOST: text('MySQL or MariaDB server; setting it selects server mode'),
  DB_PORT: Type.Integer({ minimum: 1, maximum: 65535, default: 3306, description: 'Its port' }),
  DB_USER: Type.String({ default: 'root', description: 'Database user' }),
  DB_PASSWORD: text('Its password'),
  DB_NAME: Type.String({ default: 'dream', pattern: '^[A-Za-z0-9_$-]{1,64}$', description: 'Database: letters, digits, _, $ and -; created at start where the user may' }),
  DB_POOL_SIZE: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'Most connections of this process' }),
  DB_TLS: flag(false, 'TLS to the database, certificate verified'),
  DB_MIGRATE: flag(true, 'Apply pending migrations at start; `false`: refuse to start when behind'),
  EVENTS_RETENTION_DAYS: Type.Integer({ minimum: 1, maximum: 3650, default: 180, description: 'Days that the audit trail keeps an event' }),
  REDIS_HOST: Type.String({ default: 'localhost', description: 'Redis server (server mode)' }),
  REDIS_PORT: Type.Integer({ minimum: 1, maximum: 65535, default: 6379, description: 'Its port' }),
  REDIS_PASSWORD: text('Its password'),
  REDIS_DB: Type.Integer({ minimum: 0, default: 0, description: 'Its database number' }),
  REDIS_TLS: flag(false, 'TLS to Redis, certificate verified'),
  REDIS_URL: Type.Optional(Type.String({ pattern: '^rediss?://', description: '`redis://…` or `rediss://…`, in place of the five above' })),
  REDIS_SENTINELS: text('Comma-separated `host:port` of the sentinels that say where the Redis server is, in place of `REDIS_HOST` and `REDIS_PORT`'),
  REDIS_MASTER_NAME: text('What the sentinels call it'),
  REDIS_SENTINEL_PASSWORD: text('Password of the sentinels, where they ask for one; `REDIS_TLS` is for them too'),
  REDIS_CLUSTER_NODES: text('Comma-separated `host:port` of some nodes of a Redis Cluster, likewise; the others are found through them'),
  JWT_SECRET_KEY: text('The secret of the service, at least 32 bytes: it signs tokens where there is no key file, and keys hashes of codes and addresses; embedded mode generates one in `DATA_DIR`'),
  JWT_KEYS_FILE: text('File of the signing keys, made and rotated by `npm run keys`; embedded `jwt-keys.json` in `DATA_DIR`'),
  JWT_ALGORITHM: Type.Optional(choice<Algorithm>([...ALGORITHMS], undefined, 'What new keys are for: `HS256`, `EdDSA` or `ES256`; the latter two need a key file. Unless set, as the key file has it, else `HS256`')),
  JWT_EXPIRES_IN: Type.String({ default: '7d', pattern: '^[1-9][0-9]{0,8} ?(s|m|h|d|w)$', description: 'Lifetime of a token: a number with s, m, h, d or w' }),
  SESSION_EXPIRES_IN: Type.String({ default: '90d', pattern: '^[1-9][0-9]{0,8} ?(s|m|h|d|w)$', description: 'Longest that a login lasts however often its token is refreshed: a number with s, m, h, d or w; not shorter than `JWT_EXPIRES_IN`' }),
  JWT_ISSUER: Type.String({ default: 'dream', description: 'Claim `iss`' }),
  JWT_AUDIENCE: Type.String({ default: 'dream', description: 'Claim `aud`' }),
  EMAIL_SENDER: text('Address the mails come from, and the SMTP user'),
  EMAIL_PASSWORD: text('SMTP password, or the provider\'s authorisation code'),
  EMAIL_SMTP_SERVER: text('SMTP server; without one, mails go to the development mailbox'),
  EMAIL_SMTP_PORT: Type.Integer({ minimum: 1, maximum: 65535, default: 465, description: '465: TLS from the first byte; any other: STARTTLS is required' }),
  EMAIL_SMTP_INSECURE: flag(false, '`true` allows plain SMTP and self-signed certificates (a relay on the same host)'),
  EMAIL_DKIM_DOMAIN: text('Domain that mails are signed for (DKIM): that of `EMAIL_SENDER` or one above it'),
  EMAIL_DKIM_SELECTOR: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$', maxLength: 100, description: 'Name of the key in DNS, `<selector>._domainkey.<domain>`: letters, digits and hyphens' })),
  EMAIL_DKIM_KEY_FILE: text('File of the private key (RSA of at least 2048 bits, PEM)'),
  EMAIL_TEMPLATES_DIR: text('Folder of mail templates that take the place of the built-in ones, file by file'),
  BRAND_NAME: text('Name of the product in mails and on pages'),
  BRAND_NAME_EN: text('The same in English; unless set, `BRAND_NAME` where that is set, else `Dream`'),
  BRAND_COLOR: Type.String({ default: DEFAULT_COLOR, pattern: '^#?[0-9A-Fa-f]{6}$', description: 'Accent colour of mails and pages: six hex digits, such as `#5b4fc7`' }),
  BRAND_URL: text('Address of the product\'s site, `https://…`: linked at the end of mails with a code, and on pages'),
  VERIFY_CODE_TTL: Type.Integer({ minimum: 30, maximum: 600, default: 300, description: 'Seconds a mailed code lives' }),
  VERIFY_CODE_COOLDOWN: Type.Integer({ minimum: 1, maximum: 3600, default: 60, description: 'Seconds until an address may be sent another code' }),
  NOTIFY_NEW_NETWORK: flag(true, 'Mail the owner when somebody logs in from a network new to the account'),
  PASSWORD_HASH: choice(['pbkdf2-sm3', 'argon2id'], 'pbkdf2-sm3', 'How new passwords are stored; both are always accepted'),
  PASSWORD_HASH_ITERATIONS: Type.Integer({ minimum: 1000, maximum: 10_000_000, default: 600_000, description: 'Iterations of PBKDF2-HMAC-SM3; in production at least 100,000' }),
  PASSWORD_PEPPER: text('Comma-separated secrets of at least 32 bytes that hashes are keyed with: the first for new ones, the others for older ones'),
  PASSWORD_DENYLIST: Type.Optional(choice<DenylistPolicy>(['on', 'warn', 'off'], undefined, 'What becomes of common passwords: refused, let through with a line in the log, or not looked at; `on` in production, else `warn`')),
  REQUIRE_PASSWORD_DIGEST: flag(false, '`true` refuses passwords that are not SM3 digests'),
  HIDE_ACCOUNTS: flag(false, '`true`: Sign and ResetPassword answer and mail alike for known and unknown addresses'),
  CAPTCHA: choice<CaptchaKind>(['off', 'altcha'], 'off', '`altcha` asks networks that have failed some times for a proof of work (Code 428)'),
  CAPTCHA_DIFFICULTY: Type.Integer({ minimum: 10_000, maximum: 100_000_000, default: 2_000_000, description: 'Rounds of PBKDF2-HMAC-SHA-256 that the proof takes on average: the default is some 0.3 s on a desktop and about a second on a phone' }),
  BOOTSTRAP_ADMIN_EMAIL: text('Super administrator to create at start where the account does not exist'),
  BOOTSTRAP_ADMIN_PASSWORD: Type.Optional(Type.String({ minLength: 8, maxLength: 128, description: 'Its first password; never changes an existing account' })),
  TRUST_PROXY: text('Comma-separated addresses or CIDR ranges of the proxies whose `X-Forwarded-*` and `X-Request-Id` are believed'),
  CORS_ORIGIN: text('Comma-separated origins that browsers may call from'),
  ACCOUNT_PAGES: flag(true, 'The pages under `/account`; `false`: there are none'),
  ACCOUNT_RETURN_TO: text('Comma-separated addresses that these pages may send people back to: origins, addresses with a path, or the scheme of an app, such as `dreamapp://`')
} satisfies Record<string, TSchema>

const schema = Type.Object(settings)
export type Settings = Static<typeof schema>

/** The settings of one run, complete and checked. Their names are the operator's, so that one word is found everywhere. */
export interface Config extends Omit<Settings, 'TRUST_PROXY' | 'CORS_ORIGIN' | 'ACCOUNT_RETURN_TO' | 'PASSWORD_PEPPER' | 'WORKERS' | 'REDIS_SENTINELS' | 'REDIS_CLUSTER_NODES'> {
  HOST: string
  /** How many processes serve. */
  WORKERS: number
  JWT_SECRET_KEY: string
  BRAND_NAME: string
  BRAND_NAME_EN: string
  PASSWORD_DENYLIST: DenylistPolicy
  PASSWORD_PEPPER: string[]
  REDIS_SENTINELS: HostPort[]
  REDIS_CLUSTER_NODES: HostPort[]
  TRUST_PROXY: string[]
  CORS_ORIGIN: string[]
  ACCOUNT_RETURN_TO: string[]
  /** `JWT_EXPIRES_IN` and `SESSION_EXPIRES_IN` in seconds. */
  tokenSeconds: number
  sessionSeconds: number
  /** `server` where `DB_HOST` is set, else `embedded`. */
  mode: 'embedded' | 'server'
  production: boolean
}

/** A setting that stops the start. The message names the key and never the value. */
export class ConfigError extends Error {}

/** The code of a system error: what a message may say without repeating a value. */
export function errorCode (error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}

/** `PASSWORD_DENYLIST` as the boolean that some will take it for. */
const SWITCH: Record<string, string> = { true: 'on', 1: 'on', false: 'off', 0: 'off' }

export const LEAST_KEY_BYTES = 32

/**
 * Reads the settings.
 *
 * @param environment the process's environment
 * @param file path of a `.env` file; the environment wins over it; it need not exist
 * @throws {ConfigError} naming the key of a missing, malformed or weak value
 */
export function loadConfig (environment: Record<string, string | undefined>, file?: string): Config {
  return complete(check(prepare({ ...withoutEmpty(readEnvFile(file)), ...withoutEmpty(environment) })))
}

function readEnvFile (file: string | undefined): Record<string, string | undefined> {
  if (file === undefined) return {}
  try {
    return parseEnvFile(readFileSync(file, 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {}
    throw new ConfigError(`.env cannot be read (${errorCode(error)})`)
  }
}

/** `DB_PASSWORD=` means that there is none. */
function withoutEmpty (values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => value === undefined || value.trim() === '' ? [] : [[key, value]]))
}

/** Old names, and booleans in any case: the service's forerunner wrote `True`. */
function prepare (given: Record<string, string>): Record<string, string> {
  const rest = { ...given }
  if (given.FLASK_DEBUG !== undefined) rest.DEBUG ??= given.FLASK_DEBUG
  const denylist = rest.PASSWORD_DENYLIST?.trim().toLowerCase()
  if (denylist !== undefined) rest.PASSWORD_DENYLIST = SWITCH[denylist] ?? denylist
  for (const [key, { type }] of Object.entries<TSchema>(settings)) {
    const value = rest[key]?.trim().toLowerCase()
    if (value === undefined) continue
    if (type === 'boolean') rest[key] = value === '1' ? 'true' : value === '0' ? 'false' : value
    // Ajv would take 1e400 for an integer beyond all bounds.
    if (type === 'integer' && !/^[0-9]{1,15}$/.test(value)) throw new ConfigError(`${key} must be an integer, 0 or more`)
  }
  return rest
}

function check (given: Record<string, string>): Settings {
  try {
    return envSchema<Settings>({ schema, data: given, env: false })
  } catch (error) {
    const [first] = error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : []
    if (first === undefined) throw error
    const key = String(first.instancePath).slice(1)
    // A pattern tells an operator nothing.
    if (first.keyword === 'pattern') throw new ConfigError(`${key} is malformed. What it takes: ${Object.entries<TSchema>(settings).find(([name]) => name === key)?.[1].description}`)
    const allowed = first.params?.allowedValues === undefined ? '' : `: ${first.params.allowedValues.join(', ')}`
    throw new ConfigError(`${key} ${first.message}${allowed}`)
  }
}

function complete (checked: Settings): Config {
  const mode = checked.DB_HOST === undefined ? 'embedded' : 'server'
  const production = checked.NODE_ENV === 'production'
  const [refusal] = refusals(checked, mode, production)
  if (refusal !== undefined) throw new ConfigError(refusal)
  return {
    ...checked,
    ...redisLists(checked),
    ...(mode === 'embedded' && checked.JWT_KEYS_FILE === undefined && { JWT_KEYS_FILE: join(checked.DATA_DIR, 'jwt-keys.json') }),
    mode,
    production,
    HOST: checked.HOST ?? (mode === 'embedded' ? '127.0.0.1' : '0.0.0.0'),
    WORKERS: checked.WORKERS === 'auto' ? availableParallelism() : Number(checked.WORKERS),
    LOG_LEVEL: checked.DEBUG ? 'debug' : checked.LOG_LEVEL,
    JWT_SECRET_KEY: checked.JWT_SECRET_KEY ?? generatedKey(checked.DATA_DIR),
    BRAND_NAME: checked.BRAND_NAME?.trim() ?? DEFAULT_NAMES.zh,
    BRAND_NAME_EN: (checked.BRAND_NAME_EN ?? checked.BRAND_NAME)?.trim() ?? DEFAULT_NAMES.en,
    PASSWORD_DENYLIST: checked.PASSWORD_DENYLIST ?? (production ? 'on' : 'warn'),
    PASSWORD_PEPPER: list(checked.PASSWORD_PEPPER),
    TRUST_PROXY: list(checked.TRUST_PROXY),
    CORS_ORIGIN: list(checked.CORS_ORIGIN),
    ACCOUNT_RETURN_TO: list(checked.ACCOUNT_RETURN_TO),
    tokenSeconds: Math.min(lifetimeSeconds(checked.JWT_EXPIRES_IN), MOST_SECONDS),
    sessionSeconds: Math.min(lifetimeSeconds(checked.SESSION_EXPIRES_IN), MOST_SECONDS)
  }
}

/** A hundred years: what is longer is for ever, and still a date. */
const MOST_SECONDS = 100 * 365 * 86_400

/** A comma-separated list. */
export function list (value: string | undefined): string[] {
  return value?.split(',').map(item => item.trim()).filter(item => item !== '') ?? []
}

/** The key of an embedded deployment, made once and kept in its data folder, for the owner's eyes only. */
function generatedKey (folder: string): string {
  let key
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    key = keptKey(join(folder, 'jwt-secret.key'))
  } catch (error) {
    throw new ConfigError(`DATA_DIR cannot be used (${errorCode(error)})`)
  }
  if (Buffer.byteLength(key) < LEAST_KEY_BYTES) throw new ConfigError('DATA_DIR holds a jwt-secret.key that is too short; remove the file to have a new one made')
  return key
}

function keptKey (file: string): string {
  try {
    writeFileSync(file, randomBytes(48).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}
