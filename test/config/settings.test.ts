import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig, settings, type Config } from '../../src/config.ts'

const KEY = 'a key for tests: 9f2b7c41e8d05a63b1f4'
const PEPPER = 'a pepper of its own: 77c1e09d4b3fa865'

function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'dream-config-'))
  t.teardown(() => { rmSync(path, { recursive: true, force: true }) })
  return path
}

/** A `.env` file with these lines. */
function envFile (t: Test, text: string): string {
  const file = join(folder(t), '.env')
  writeFileSync(file, text)
  return file
}

t.test('without a setting every one has its default, and the mode is embedded', async t => {
  const config = loadConfig({ JWT_SECRET_KEY: KEY })
  t.same(config, {
    HOST: '127.0.0.1',
    PORT: 8888,
    WORKERS: 1,
    SHUTDOWN_DELAY: 0,
    SHUTDOWN_GRACE: 13,
    NODE_ENV: 'development',
    LOG_LEVEL: 'info',
    DEBUG: false,
    DATA_DIR: './data',
    DB_PORT: 3306,
    DB_USER: 'root',
    DB_NAME: 'dream',
    DB_POOL_SIZE: 10,
    DB_TLS: false,
    DB_MIGRATE: true,
    EVENTS_RETENTION_DAYS: 180,
    REDIS_HOST: 'localhost',
    REDIS_PORT: 6379,
    REDIS_DB: 0,
    REDIS_TLS: false,
    REDIS_SENTINELS: [],
    REDIS_CLUSTER_NODES: [],
    JWT_SECRET_KEY: KEY,
    JWT_KEYS_FILE: 'data/jwt-keys.json',
    JWT_EXPIRES_IN: '7d',
    SESSION_EXPIRES_IN: '90d',
    JWT_ISSUER: 'dream',
    JWT_AUDIENCE: 'dream',
    EMAIL_SMTP_PORT: 465,
    EMAIL_SMTP_INSECURE: false,
    BRAND_NAME: 'Dream 记梦',
    BRAND_NAME_EN: 'Dream',
    BRAND_COLOR: '#5b4fc7',
    VERIFY_CODE_TTL: 300,
    VERIFY_CODE_COOLDOWN: 60,
    NOTIFY_NEW_NETWORK: true,
    PASSWORD_HASH: 'pbkdf2-sm3',
    PASSWORD_HASH_ITERATIONS: 600_000,
    PASSWORD_PEPPER: [],
    PASSWORD_DENYLIST: 'warn',
    REQUIRE_PASSWORD_DIGEST: false,
    HIDE_ACCOUNTS: false,
    CAPTCHA: 'off',
    CAPTCHA_DIFFICULTY: 2_000_000,
    TRUST_PROXY: [],
    CORS_ORIGIN: [],
    ACCOUNT_PAGES: true,
    ACCOUNT_RETURN_TO: [],
    tokenSeconds: 604_800,
    sessionSeconds: 7_776_000,
    mode: 'embedded',
    production: false
  } satisfies Config)
})

t.test('DB_HOST alone selects server mode, which listens on every address', async t => {
  t.match(loadConfig({ DB_HOST: 'db', JWT_SECRET_KEY: KEY }), { mode: 'server', HOST: '0.0.0.0' })
  t.match(loadConfig({ DB_HOST: 'db', JWT_SECRET_KEY: KEY, HOST: '10.0.0.1' }), { mode: 'server', HOST: '10.0.0.1' })
  t.match(loadConfig({ DB_PORT: '3306', DB_NAME: 'dream', DB_USER: 'dream', JWT_SECRET_KEY: KEY, HOST: '0.0.0.0' }), { mode: 'embedded', HOST: '0.0.0.0' })
})

t.test('every setting is read', async t => {
  const given = {
    HOST: '10.0.0.1',
    PORT: '9000',
    WORKERS: '3',
    SHUTDOWN_DELAY: '4',
    SHUTDOWN_GRACE: '30',
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DEBUG: 'false',
    METRICS_PORT: '9464',
    METRICS_HOST: '10.0.0.2',
    METRICS_TOKEN: `${PEPPER}-metrics`,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4318/base',
    DATA_DIR: '/srv/dream',
    DB_HOST: 'db.example',
    DB_PORT: '3307',
    DB_USER: 'dream',
    DB_PASSWORD: 'db pass',
    DB_NAME: 'dream_2',
    DB_POOL_SIZE: '20',
    DB_TLS: 'true',
    DB_MIGRATE: 'false',
    EVENTS_RETENTION_DAYS: '365',
    REDIS_HOST: 'redis.example',
    REDIS_PORT: '6380',
    REDIS_PASSWORD: 'redis pass',
    REDIS_DB: '3',
    REDIS_TLS: 'true',
    REDIS_SENTINELS: 's1.example:26379, 10.0.0.2:26380,[2001:db8::1]:26379',
    REDIS_MASTER_NAME: 'dream',
    REDIS_SENTINEL_PASSWORD: 'sentinel pass',
    JWT_SECRET_KEY: KEY,
    JWT_KEYS_FILE: '/etc/dream/jwt-keys.json',
    JWT_ALGORITHM: 'EdDSA',
    JWT_EXPIRES_IN: '12h',
    SESSION_EXPIRES_IN: '30 d',
    JWT_ISSUER: 'https://dream.example',
    JWT_AUDIENCE: 'dream-app',
    EMAIL_SENDER: 'noreply@dream.example',
    EMAIL_PASSWORD: 'mail pass',
    EMAIL_SMTP_SERVER: 'smtp.dream.example',
    EMAIL_SMTP_PORT: '587',
    EMAIL_SMTP_INSECURE: 'true',
    EMAIL_DKIM_DOMAIN: 'dream.example',
    EMAIL_DKIM_SELECTOR: 'auth-2026',
    EMAIL_DKIM_KEY_FILE: '/etc/dream/dkim.pem',
    EMAIL_TEMPLATES_DIR: '/etc/dream/mail',
    BRAND_NAME: '记梦',
    BRAND_NAME_EN: 'Dreams',
    BRAND_COLOR: '#AA5500',
    BRAND_URL: 'https://dream.example/',
    VERIFY_CODE_TTL: '120',
    VERIFY_CODE_COOLDOWN: '30',
    NOTIFY_NEW_NETWORK: 'false',
    PASSWORD_HASH: 'argon2id',
    PASSWORD_HASH_ITERATIONS: '700000',
    PASSWORD_PEPPER: `${PEPPER}, ${KEY}-older`,
    PASSWORD_DENYLIST: 'off',
    REQUIRE_PASSWORD_DIGEST: 'false',
    HIDE_ACCOUNTS: 'true',
    CAPTCHA: 'altcha',
    CAPTCHA_DIFFICULTY: '500000',
    BOOTSTRAP_ADMIN_EMAIL: 'admin@dream.example',
    BOOTSTRAP_ADMIN_PASSWORD: 'admin pass',
    TRUST_PROXY: '10.0.0.0/8, ::1',
    CORS_ORIGIN: 'https://app.dream.example, http://localhost:3000',
    ACCOUNT_PAGES: 'false',
    ACCOUNT_RETURN_TO: 'https://app.dream.example/welcome, dreamapp://'
  }
  const REDIS_URL = 'rediss://user:pass@redis.example:6380/3'
  const REDIS_CLUSTER_NODES = 'n1.example:7000,n2.example:7001'
  t.same(Object.keys({ ...given, REDIS_URL, REDIS_CLUSTER_NODES }).sort(), Object.keys(settings).sort(), 'the list above is complete, but for other ways to Redis')
  t.same(loadConfig(given), {
    ...given,
    PORT: 9000,
    WORKERS: 3,
    SHUTDOWN_DELAY: 4,
    SHUTDOWN_GRACE: 30,
    DEBUG: false,
    METRICS_PORT: 9464,
    DB_PORT: 3307,
    DB_POOL_SIZE: 20,
    DB_TLS: true,
    DB_MIGRATE: false,
    EVENTS_RETENTION_DAYS: 365,
    REDIS_PORT: 6380,
    REDIS_DB: 3,
    REDIS_TLS: true,
    REDIS_SENTINELS: [{ host: 's1.example', port: 26379 }, { host: '10.0.0.2', port: 26380 }, { host: '2001:db8::1', port: 26379 }],
    REDIS_CLUSTER_NODES: [],
    EMAIL_SMTP_PORT: 587,
    EMAIL_SMTP_INSECURE: true,
    VERIFY_CODE_TTL: 120,
    VERIFY_CODE_COOLDOWN: 30,
    NOTIFY_NEW_NETWORK: false,
    PASSWORD_HASH_ITERATIONS: 700_000,
    PASSWORD_PEPPER: [PEPPER, `${KEY}-older`],
    REQUIRE_PASSWORD_DIGEST: false,
    HIDE_ACCOUNTS: true,
    CAPTCHA_DIFFICULTY: 500_000,
    TRUST_PROXY: ['10.0.0.0/8', '::1'],
    CORS_ORIGIN: ['https://app.dream.example', 'http://localhost:3000'],
    ACCOUNT_PAGES: false,
    ACCOUNT_RETURN_TO: ['https://app.dream.example/welcome', 'dreamapp://'],
    tokenSeconds: 43_200,
    sessionSeconds: 2_592_000,
    mode: 'server',
    production: false
  })
})

t.test('BRAND_NAME is the English name too, unless there is one', async t => {
  t.match(loadConfig({ JWT_SECRET_KEY: KEY, BRAND_NAME: ' 云笺 ' }), { BRAND_NAME: '云笺', BRAND_NAME_EN: '云笺' })
  t.match(loadConfig({ JWT_SECRET_KEY: KEY, BRAND_NAME: '云笺', BRAND_NAME_EN: 'Cloud Paper' }), { BRAND_NAME: '云笺', BRAND_NAME_EN: 'Cloud Paper' })
  t.match(loadConfig({ JWT_SECRET_KEY: KEY, BRAND_NAME_EN: 'Cloud Paper' }), { BRAND_NAME: 'Dream 记梦', BRAND_NAME_EN: 'Cloud Paper' })
})

t.test('WORKERS=auto is one process a core', async t => {
  t.match(loadConfig({ DB_HOST: 'db', JWT_SECRET_KEY: KEY, EMAIL_SMTP_SERVER: 'smtp', EMAIL_SENDER: 'a@b.example', EMAIL_PASSWORD: 'pass', WORKERS: 'auto' }), { WORKERS: availableParallelism() })
})

t.test('booleans may be written in any case, as the old service wrote True', async t => {
  for (const [key, { type }] of Object.entries(settings)) {
    if (type !== 'boolean') continue
    for (const [value, expected] of [['True', true], ['TRUE', true], ['true', true], ['1', true], ['False', false], ['FALSE', false], ['false', false], ['0', false]] as const) {
      t.match(loadConfig({ JWT_SECRET_KEY: KEY, [key]: value }), { [key]: expected }, `${key}=${value}`)
    }
  }
})

t.test('FLASK_DEBUG is read as DEBUG, which wins over it; either logs at debug', async t => {
  const level = (given: Record<string, string>): string => loadConfig({ JWT_SECRET_KEY: KEY, ...given }).LOG_LEVEL
  t.equal(level({ FLASK_DEBUG: 'True' }), 'debug')
  t.equal(level({ FLASK_DEBUG: 'False' }), 'info')
  t.equal(level({ FLASK_DEBUG: '1' }), 'debug')
  t.equal(level({ DEBUG: 'true' }), 'debug')
  t.equal(level({ DEBUG: 'false', FLASK_DEBUG: 'True' }), 'info')
  t.equal(level({ DEBUG: 'false', LOG_LEVEL: 'trace' }), 'trace')
})

t.test('an empty value is an absent one', async t => {
  for (const nothing of ['', ' ', '\t']) {
    const given = Object.fromEntries(Object.keys(settings).map(key => [key, nothing]))
    t.same(loadConfig({ ...given, JWT_SECRET_KEY: KEY }), loadConfig({ JWT_SECRET_KEY: KEY }))
  }
  t.same(loadConfig({ JWT_SECRET_KEY: KEY, PORT: undefined }), loadConfig({ JWT_SECRET_KEY: KEY }))
})

t.test('the environment wins over the file, setting by setting; an empty one leaves the file\'s', async t => {
  const file = envFile(t, `JWT_SECRET_KEY=${KEY}\nPORT=9000\nDB_NAME=from_file\nJWT_ISSUER=from_file\n`)
  t.match(loadConfig({ PORT: '9001', DB_NAME: '', JWT_ISSUER: undefined }, file), { PORT: 9001, DB_NAME: 'from_file', JWT_ISSUER: 'from_file', JWT_SECRET_KEY: KEY })
})

t.test('a file that does not exist is no mistake', async t => {
  t.match(loadConfig({ JWT_SECRET_KEY: KEY }, join(folder(t), '.env')), { PORT: 8888 })
})

t.test('what is not a setting of ours is left alone', async t => {
  const config = loadConfig({ JWT_SECRET_KEY: KEY, PATH: '/bin', npm_config_port: '1', SOMETHING: 'else' })
  t.same(config, loadConfig({ JWT_SECRET_KEY: KEY }))
})
