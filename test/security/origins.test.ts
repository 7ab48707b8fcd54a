import t from 'tap'
import { bearer, build, deployment, digest, modes } from '../helper.ts'
import { until } from '../support/faults.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const origin = 'https://app.dream.example'

t.test('X2: a listed origin may use every route with a token, also those that delete, and no other origin may', async t => {
  const { app } = await build(t, 'embedded', { CORS_ORIGIN: origin })
  const preflight = async (from: string, method: string): Promise<Record<string, unknown>> => (await app.inject({ method: 'OPTIONS', url: '/Auth/Account', headers: { origin: from, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' } })).headers
  for (const method of ['GET', 'POST', 'DELETE']) {
    const headers = await preflight(origin, method)
    t.equal(headers['access-control-allow-origin'], origin)
    t.match(String(headers['access-control-allow-methods']), method)
  }
  t.not((await preflight('https://evil.example', 'DELETE'))['access-control-allow-origin'], 'https://evil.example')
})

if (modes.includes('server')) {
  t.test('server: T6: processes that name the same Redis number in two ways hear of each other\'s revocations', async t => {
    const settings = await deployment(t, 'server')
    const { REDIS_DB: number, ...rest } = settings
    const here = await build(t, 'server', settings)
    const there = await build(t, 'server', { ...rest, REDIS_DB: '', REDIS_URL: `redis://${settings.REDIS_HOST}:${settings.REDIS_PORT}/${number}`, DB_NAME: settings.DB_NAME ?? '' })
    await here.register(alice)
    const token = await here.login(alice)
    const check = async (): Promise<number> => (await there.get('/CheckJWTToken', bearer(token))).status
    for (let i = 0; i < 3; i++) t.equal(await check(), 200)
    t.match(await here.post('/Auth/Logout', undefined, bearer(token)), { body: { Code: 200 } })
    await until(async () => await check() === 401)
  })
}
