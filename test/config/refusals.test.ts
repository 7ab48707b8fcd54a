import t, { type Test } from 'tap'
import { ConfigError, loadConfig } from '../../src/config.ts'

const KEY = 'a key for tests: 9f2b7c41e8d05a63b1f4'
const embedded = { JWT_SECRET_KEY: KEY }
const server = { ...embedded, DB_HOST: 'db' }
const mail = { EMAIL_SENDER: 'noreply@dream.example', EMAIL_PASSWORD: 'mail pass', EMAIL_SMTP_SERVER: 'smtp.dream.example' }
const production = { ...server, ...mail, NODE_ENV: 'production' }

type Settings = Record<string, string | undefined>

/** The start is refused for these settings, by a line that names the key and none of the values that were given for it. */
function refuses (t: Test, key: string, given: Settings): void {
  const value = given[key]
  try {
    loadConfig(given)
    t.fail(`${key}=${value} was accepted`)
  } catch (error) {
    const { message } = error as Error
    t.ok(error instanceof ConfigError, `${key}: ${message}`)
    t.match(message, new RegExp(`^${key}\\b`), 'names the key')
    t.notMatch(message, /\n/, 'is one line')
    if (value !== undefined && value.trim().length > 2) t.notOk(message.includes(value.trim()), `does not show the value: ${message}`)
  }
}

t.test('F1: numbers out of bounds or malformed', async t => {
  const bounds: Record<string, [least: number, most: number]> = {
    PORT: [0, 65535],
    SHUTDOWN_DELAY: [0, 300],
    SHUTDOWN_GRACE: [5, 600],
    METRICS_PORT: [0, 65535],
    DB_PORT: [1, 65535],
    DB_POOL_SIZE: [1, 1000],
    REDIS_PORT: [1, 65535],
    REDIS_DB: [0, Infinity],
    EMAIL_SMTP_PORT: [1, 65535],
    VERIFY_CODE_TTL: [30, 600],
    VERIFY_CODE_COOLDOWN: [1, 3600],
    PASSWORD_HASH_ITERATIONS: [1000, 10_000_000]
  }
  for (const [key, [least, most]] of Object.entries(bounds)) {
    for (const value of [`${least - 1}`, `${most + 1}`, '-8888', '8888.5', 'eight', '88 88', '8888;', 'NaN', 'Infinity', '1e400', '8,888', 'true']) refuses(t, key, { ...embedded, [key]: value })
    t.match(loadConfig({ ...embedded, [key]: String(least) }), { [key]: least })
    if (most !== Infinity) t.match(loadConfig({ ...embedded, [key]: String(most) }), { [key]: most })
  }
})

t.test('F1: booleans that are none', async t => {
  for (const key of ['DEBUG', 'DB_TLS', 'DB_MIGRATE', 'REDIS_TLS', 'EMAIL_SMTP_INSECURE', 'REQUIRE_PASSWORD_DIGEST', 'HIDE_ACCOUNTS']) {
    for (const value of ['yes', 'on', 'wahr', '2', 'null', 'truee']) refuses(t, key, { ...embedded, [key]: value })
  }
})

t.test('F1: strings of the wrong form', async t => {
  const wrong: Record<string, string[]> = {
    LOG_LEVEL: ['verbose', 'INFO', 'information', 'debug,info'],
    WORKERS: ['0', '-1', '1.5', 'all', 'AUTO', '1000', '2 auto'],
    DB_NAME: ['dream; DROP', 'dream`x', '梦之数据', 'x'.repeat(65), 'dre am', 'dream.users'],
    OTEL_EXPORTER_OTLP_ENDPOINT: ['localhost:4318', 'collector', 'grpc://collector:4317', 'file:///etc/passwd'],
    REDIS_URL: ['http://redis.example', 'redis.example:6379', 'redis:6379'],
    SESSION_EXPIRES_IN: ['never', '0s', '7', '90 days'],
    JWT_EXPIRES_IN: ['never', '0s', '-1d', '7 days', '1.5h', '7', '99999999999s', '7y', '1d1d'],
    JWT_ALGORITHM: ['none', 'RS256', 'HS512', 'eddsa', 'Ed25519', 'ES384'],
    EMAIL_SENDER: ['noreply', 'Dream <noreply@dream.example>', 'noreply@dream.example, other@dream.example', '梦@dream.example'],
    EMAIL_DKIM_SELECTOR: ['a b', 'a;b', '-a', 'a..b', '选择', 'a._domainkey.dream.example.'],
    BRAND_NAME: ['a\r\nBcc: eve@example.com', 'a\u0000', 'a\u2028b', 'abc\u202Edef', '梦'.repeat(41)],
    BRAND_NAME_EN: ['a\nb', 'x'.repeat(41)],
    BRAND_COLOR: ['violet', '#fff', '#12345g', 'rgb(0,0,0)', '#5b4fc7;x', '#5b4fc7ff'],
    BRAND_URL: ['dream.example', 'http://dream.example', 'javascript:alert(1)', 'https://user:pass@dream.example', `https://dream.example/${'x'.repeat(200)}`],
    TRUST_PROXY: ['true', '10.0.0.0/33', 'proxy.example', '10.0.0.1;10.0.0.2', '2001:db8::/129', '300.1.1.1'],
    CORS_ORIGIN: ['*', 'dream.example', 'https://dream.example/', 'https://dream.example/path', 'https://Dream.example', 'https://dream.example:443', 'null', 'https://a.example https://b.example']
  }
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) refuses(t, key, { ...embedded, ...mail, [key]: value })
  }
})

t.test('F1: a name of the brand is refused with what it takes', async t => {
  t.throws(() => loadConfig({ ...embedded, BRAND_NAME: 'a\nb' }), { message: 'BRAND_NAME must have 1 to 40 characters and no control characters' })
})

t.test('F1: a malformed string is refused with what it takes, in words', async t => {
  for (const [key, value, takes] of [['WORKERS', '0', /a number, or `auto`/], ['JWT_EXPIRES_IN', '7 days', /a number with s, m, h, d or w/], ['SESSION_EXPIRES_IN', '90 days', /a number with s, m, h, d or w/], ['DB_NAME', 'a b', /letters, digits/], ['REDIS_URL', 'redis', /redis:\/\//]] as const) {
    t.throws(() => loadConfig({ ...embedded, [key]: value }), { message: takes })
  }
})

t.test('T2: a key of fewer than 32 bytes, from an example, or without variety', async t => {
  const weak = [
    'tiny', 'x'.repeat(31), '梦'.repeat(10), 'x'.repeat(32), '0123456789abcdef'.slice(0, 8).repeat(4), 'abcabcabc'.repeat(20),
    'your-secret-key-at-least-32-bytes-long!', 'your_jwt_secret_key_1234567890abcdefgh', 'changeme-changeme-changeme-1234567890', 'change-me-please: 0123456789abcdefghij', 'CHANGE_ME_0123456789abcdefghijklmnopqr',
    'this is an example key: 0123456789abcd', 'jwt-secret-0123456789-abcdefghijklmnop', 'secret_key_0123456789_abcdefghijklmnop', 'placeholder 0123456789 abcdefghijklmno', '<put your own key of 32 bytes in here>'
  ]
  for (const JWT_SECRET_KEY of weak) {
    refuses(t, 'JWT_SECRET_KEY', { JWT_SECRET_KEY })
    refuses(t, 'JWT_SECRET_KEY', { ...server, JWT_SECRET_KEY })
  }
  refuses(t, 'JWT_SECRET_KEY', { DB_HOST: 'db' })
  for (const JWT_SECRET_KEY of ['Zq3v8yBw1NfLx6Tp0CdR5sKmGh2JuEaV', '梦乡路远知何处0123456789ab', 'b0e1c2d3a4f5968778695a4b3c2d1e0f']) t.match(loadConfig({ ...server, JWT_SECRET_KEY }), { JWT_SECRET_KEY }, '32 bytes will do')
})

t.test('F1, T2: a token for the metrics that is weak; their port on that of the service, and an address without a port', async t => {
  for (const METRICS_TOKEN of ['tiny', 'x'.repeat(40), 'your-metrics-token-at-least-32-bytes']) refuses(t, 'METRICS_TOKEN', { ...embedded, METRICS_TOKEN })
  refuses(t, 'METRICS_PORT', { ...embedded, METRICS_PORT: '8888' })
  refuses(t, 'METRICS_PORT', { ...server, PORT: '9000', METRICS_PORT: '9000' })
  refuses(t, 'METRICS_HOST', { ...embedded, METRICS_HOST: '10.0.0.1' })
})

t.test('F1, C6: a pepper that is weak, listed twice, or the key of the tokens', async t => {
  const [one, other] = ['a pepper of its own: 77c1e09d4b3fa865', 'an older one: 0b5f2d8c93e1a7764f2c9d']
  for (const value of [',', 'tiny', `${one},tiny`, `${one},${'x'.repeat(40)}`, 'your-pepper-at-least-32-bytes-long-1234', `${one}, ${one}`]) refuses(t, 'PASSWORD_PEPPER', { ...embedded, PASSWORD_PEPPER: value })
  refuses(t, 'PASSWORD_PEPPER', { ...server, JWT_SECRET_KEY: one, PASSWORD_PEPPER: `${other},${one}` })
  t.match(loadConfig({ ...embedded, PASSWORD_PEPPER: ` ${one} ,${other}` }), { PASSWORD_PEPPER: [one, other] })
})

t.test('F1: what becomes of passwords: schemes and policies that there are not', async t => {
  for (const value of ['bcrypt', 'scrypt', 'ARGON2ID']) refuses(t, 'PASSWORD_HASH', { ...embedded, PASSWORD_HASH: value })
  for (const value of ['on', 'true', 'Altcha', 'recaptcha']) refuses(t, 'CAPTCHA', { ...embedded, CAPTCHA: value })
  for (const value of ['0', '9999', '100000001', '1e6']) refuses(t, 'CAPTCHA_DIFFICULTY', { ...embedded, CAPTCHA_DIFFICULTY: value })
  for (const value of ['yes', 'strict', '2']) refuses(t, 'PASSWORD_DENYLIST', { ...embedded, PASSWORD_DENYLIST: value })
  for (const [value, read] of [['True', 'on'], ['1', 'on'], ['ON', 'on'], ['false', 'off'], ['Warn', 'warn']]) t.match(loadConfig({ ...embedded, PASSWORD_DENYLIST: value }), { PASSWORD_DENYLIST: read })
  t.match(loadConfig(production), { PASSWORD_DENYLIST: 'on' }, 'in production, unless said')
  t.match(loadConfig({ ...production, PASSWORD_DENYLIST: 'warn' }), { PASSWORD_DENYLIST: 'warn' })
})

t.test('F1: settings that are missing', async t => {
  refuses(t, 'EMAIL_SMTP_SERVER', { ...production, EMAIL_SMTP_SERVER: undefined })
  refuses(t, 'EMAIL_SMTP_SERVER', { ...embedded, NODE_ENV: 'production' })
  refuses(t, 'EMAIL_SENDER', { ...embedded, ...mail, EMAIL_SENDER: undefined })
  refuses(t, 'EMAIL_PASSWORD', { ...embedded, ...mail, EMAIL_PASSWORD: undefined })
  t.match(loadConfig({ ...embedded, ...mail, EMAIL_PASSWORD: undefined, EMAIL_SMTP_INSECURE: 'true' }), { EMAIL_SMTP_INSECURE: true }, 'a local relay needs no password')
  refuses(t, 'BOOTSTRAP_ADMIN_EMAIL', { ...embedded, BOOTSTRAP_ADMIN_PASSWORD: 'admin pass' })
  refuses(t, 'BOOTSTRAP_ADMIN_PASSWORD', { ...embedded, BOOTSTRAP_ADMIN_EMAIL: 'admin@dream.example' })
})

t.test('F1: a signature that lacks a part, or that counts for another domain than the sender\'s', async t => {
  const dkim = { EMAIL_DKIM_DOMAIN: 'dream.example', EMAIL_DKIM_SELECTOR: 'auth', EMAIL_DKIM_KEY_FILE: '/dkim.pem' }
  for (const key of Object.keys(dkim)) refuses(t, key, { ...embedded, ...mail, ...dkim, [key]: undefined })
  for (const EMAIL_DKIM_DOMAIN of ['other.example', 'eam.example', 'mail.dream.example', 'example', 'dream.example.', 'https://dream.example', 'dream example']) refuses(t, 'EMAIL_DKIM_DOMAIN', { ...embedded, ...mail, ...dkim, EMAIL_DKIM_DOMAIN })
  for (const EMAIL_SENDER of ['noreply@dream.example', 'noreply@mail.dream.example', 'NoReply@Dream.Example']) t.ok(loadConfig({ ...embedded, ...mail, ...dkim, EMAIL_SENDER }))
})

t.test('F1: settings that are weak or contradict each other', async t => {
  refuses(t, 'PASSWORD_HASH_ITERATIONS', { ...production, PASSWORD_HASH_ITERATIONS: '99999' })
  t.match(loadConfig({ ...production, PASSWORD_HASH_ITERATIONS: '100000' }), { production: true, PASSWORD_HASH_ITERATIONS: 100_000 })
  const admin = { ...embedded, BOOTSTRAP_ADMIN_EMAIL: 'admin@dream.example', BOOTSTRAP_ADMIN_PASSWORD: 'admin pass' }
  refuses(t, 'BOOTSTRAP_ADMIN_EMAIL', { ...admin, BOOTSTRAP_ADMIN_EMAIL: 'the admin' })
  refuses(t, 'BOOTSTRAP_ADMIN_PASSWORD', { ...admin, BOOTSTRAP_ADMIN_PASSWORD: 'sevench' })
  refuses(t, 'BOOTSTRAP_ADMIN_PASSWORD', { ...admin, BOOTSTRAP_ADMIN_PASSWORD: 'x'.repeat(129) })
  refuses(t, 'BOOTSTRAP_ADMIN_PASSWORD', { ...admin, REQUIRE_PASSWORD_DIGEST: 'true' })
  t.match(loadConfig({ ...admin, REQUIRE_PASSWORD_DIGEST: 'true', BOOTSTRAP_ADMIN_PASSWORD: 'a1'.repeat(32) }), { REQUIRE_PASSWORD_DIGEST: true })
})

t.test('F1: several processes where one is all there can be, or where each would keep the mails to itself', async t => {
  for (const WORKERS of ['2', 'auto']) {
    refuses(t, 'WORKERS', { ...embedded, ...mail, WORKERS })
    refuses(t, 'EMAIL_SMTP_SERVER', { ...server, WORKERS })
    t.ok(loadConfig({ ...server, ...mail, WORKERS }))
    const scraped = { ...server, ...mail, WORKERS, METRICS_TOKEN: 'q8Zr2Lk0vXw7Nc4Ty6Bd1Hs9Mf3Gj5Pa' }
    refuses(t, 'METRICS_PORT', scraped)
    t.ok(loadConfig({ ...scraped, METRICS_PORT: '9100' }))
  }
  t.match(loadConfig({ ...embedded, WORKERS: '1' }), { WORKERS: 1 })
})

t.test('F1: lists of Redis servers that are malformed, incomplete or contradict each other', async t => {
  const lists = ['sentinel', 'sentinel:', ':26379', 'sentinel:0', 'sentinel:65536', 'a:1,b', 'a:1;b:2', 'redis://a:1', 'a:1 b:2', '2001:db8::1:26379', ',', 'a:26379x']
  const sentinels = { REDIS_SENTINELS: 'a:26379,b:26379', REDIS_MASTER_NAME: 'dream' }
  const cluster = { REDIS_CLUSTER_NODES: 'a:6379' }
  for (const value of lists) {
    refuses(t, 'REDIS_SENTINELS', { ...server, ...sentinels, REDIS_SENTINELS: value })
    refuses(t, 'REDIS_CLUSTER_NODES', { ...server, REDIS_CLUSTER_NODES: value })
  }
  refuses(t, 'REDIS_MASTER_NAME', { ...server, REDIS_SENTINELS: 'a:26379' })
  refuses(t, 'REDIS_SENTINELS', { ...server, REDIS_MASTER_NAME: 'dream' })
  refuses(t, 'REDIS_SENTINELS', { ...server, ...cluster, REDIS_SENTINEL_PASSWORD: 'a password' })
  refuses(t, 'REDIS_CLUSTER_NODES', { ...server, ...sentinels, ...cluster })
  for (const list of [sentinels, cluster]) refuses(t, 'REDIS_URL', { ...server, ...list, REDIS_URL: 'redis://elsewhere' })
  refuses(t, 'REDIS_DB', { ...server, ...cluster, REDIS_DB: '10' })
  t.match(loadConfig({ ...server, ...cluster, REDIS_DB: '0' }), { REDIS_CLUSTER_NODES: [{ host: 'a', port: 6379 }] })
  t.match(loadConfig({ ...server, ...sentinels, REDIS_DB: '3' }), { REDIS_DB: 3, REDIS_MASTER_NAME: 'dream' })
})
