import t from 'tap'
import { build, modes } from '../helper.ts'

const everywhere = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0'
}
const data = { ...everywhere, 'content-security-policy': "default-src 'none';frame-ancestors 'none'" }

for (const mode of modes) {
  t.test(`${mode}: X1: every answer carries the security headers, also what is refused before a route sees it`, async t => {
    const { app } = await build(t, mode)
    const login = { method: 'POST', url: '/Auth/Login', headers: { 'content-type': 'application/json' } } as const
    const answers = {
      200: await app.inject('/health/live'),
      401: await app.inject('/CheckJWTToken'),
      404: await app.inject('/nothing'),
      405: await app.inject('/Auth/Login'),
      400: await app.inject({ ...login, payload: '{' }),
      413: await app.inject({ ...login, payload: ' '.repeat(20_000) }),
      415: await app.inject({ ...login, headers: { 'content-type': 'text/plain' }, payload: 'x' })
    }
    for (const [status, { statusCode, headers }] of Object.entries(answers)) t.match({ statusCode, headers }, { statusCode: Number(status), headers: data }, status)
    t.match((await app.inject({ method: 'HEAD', url: '/health/live' })).headers, data, 'HEAD')
  })

  t.test(`${mode}: X1: a page has a policy of its own beside them, and is not stored either`, async t => {
    const { app } = await build(t, mode)
    const { headers } = await app.inject('/docs/')
    t.match(headers, { ...everywhere, 'content-security-policy': /script-src 'self'/ })
  })

  t.test(`${mode}: X2: an origin that is listed may read every answer, errors included; no other may`, async t => {
    const { app } = await build(t, mode, { CORS_ORIGIN: 'https://app.dream.example' })
    for (const url of ['/health/live', '/CheckJWTToken', '/nothing', '/Auth/Login']) {
      const listed = await app.inject({ url, headers: { origin: 'https://app.dream.example' } })
      t.match(listed.headers, { ...data, 'access-control-allow-origin': 'https://app.dream.example', vary: 'Origin' }, url)
      t.notOk('access-control-allow-origin' in (await app.inject({ url, headers: { origin: 'https://evil.example' } })).headers, url)
    }
    const preflight = await app.inject({ method: 'OPTIONS', url: '/Auth/Login', headers: { origin: 'https://app.dream.example', 'access-control-request-method': 'POST' } })
    t.match(preflight, { statusCode: 204, headers: { 'access-control-allow-methods': 'GET, POST' } })
  })

  t.test(`${mode}: X1: HSTS is set where a listed proxy says that the client spoke TLS, and nobody else is believed`, async t => {
    const proxied = await build(t, mode, { TRUST_PROXY: '127.0.0.1, 10.0.0.0/8, 2001:db8::/32' })
    const direct = await build(t, mode)
    const hsts = async (world: typeof direct, proto: string, remoteAddress = '127.0.0.1', url = '/health/live'): Promise<unknown> => (await world.app.inject({ url, remoteAddress, headers: { 'x-forwarded-proto': proto } })).headers['strict-transport-security']
    for (const url of ['/health/live', '/nothing', '/Auth/Login', '/docs/', '/%zz']) t.equal(await hsts(proxied, 'https', '127.0.0.1', url), 'max-age=31536000', url)
    for (const from of ['10.255.0.1', '::ffff:10.1.2.3', '2001:db8:1::1']) t.equal(await hsts(proxied, 'http, HTTPS', from), 'max-age=31536000', from)
    for (const [proto, from] of [['http', '127.0.0.1'], ['', '127.0.0.1'], ['https, http', '127.0.0.1'], ['httpsx', '127.0.0.1'], ['https', '203.0.113.1'], ['https', '::ffff:203.0.113.1'], ['https', '2001:db9::1']] as const) t.equal(await hsts(proxied, proto, from), undefined, `${proto} ${from}`)
    t.equal(await hsts(direct, 'https'), undefined, 'no proxy is listed')
  })
}
