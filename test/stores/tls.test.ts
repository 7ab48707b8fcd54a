import t, { type Test } from 'tap'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { build, deployment, digest, modes } from '../helper.ts'
import { ask, emptyFolder, serve } from '../support/program.ts'
import { startRedisWithTls } from '../support/services.ts'
import { administered, userWith } from './old-deployment.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }

/** This machine, by a name that no certificate bears (inet(3)). */
const ANOTHER_NAME = '127.1'

async function redisWithTls (t: Test): Promise<{ REDIS_PORT: string, REDIS_HOST: string, REDIS_TLS: string }> {
  const { port, stop } = await startRedisWithTls(emptyFolder(t))
  t.teardown(stop)
  return { REDIS_HOST: 'localhost', REDIS_PORT: String(port), REDIS_TLS: 'true' }
}

/** The service carries on without what it does not trust, and says so. */
async function isWithout (t: Test, settings: Record<string, string>, code: number): Promise<void> {
  const program = serve(t, { ...settings, LOG_LEVEL: 'info' })
  const url = await program.url()
  t.match(await ask(`${url}/health`), { status: 503, body: { Code: code } })
  t.match(program.stdout(), /certificate|altnames/i, 'the log says why')
}

if (modes.includes('server')) {
  t.test('F3: with DB_TLS the database is spoken to over TLS, as a user who may not come otherwise', async t => {
    const fresh = await administered(t)
    const settings = await userWith(t, fresh, 'ALL')
    await fresh.rows(`ALTER USER ${settings.DB_USER}@'%' REQUIRE SSL`)
    t.ok(await build(t, 'server', { ...settings, DB_HOST: 'localhost' }).then(() => false, (error: unknown) => error instanceof ConfigError), 'without TLS it is refused')
    const world = await build(t, 'server', { ...settings, DB_HOST: 'localhost', DB_TLS: 'true' })
    await world.register(alice)
    t.ok(await world.login(alice))
    t.match(await world.rows("SHOW STATUS LIKE 'Ssl_version'"), [{ Value: /^TLSv1\.[23]$/ }])
  })

  t.test('F3: with REDIS_TLS, or rediss, Redis is spoken to over TLS', async t => {
    const { REDIS_HOST, REDIS_PORT, REDIS_TLS } = await redisWithTls(t)
    for (const settings of [{ REDIS_HOST, REDIS_PORT, REDIS_TLS }, { REDIS_HOST: '127.0.0.1', REDIS_PORT, REDIS_TLS }, { REDIS_URL: `rediss://localhost:${REDIS_PORT}/2` }]) {
      const { app } = await build(t, 'server', settings)
      t.match(await app.health(), { key: 'Success' })
    }
    const { app } = await build(t, 'server', { REDIS_HOST, REDIS_PORT })
    t.match(await app.health(), { key: 'CacheUnavailable' }, 'a Redis that speaks nothing else')
  })

  t.test('F3: a database whose certificate nobody vouches for, or is for another name, is not spoken to', async t => {
    const settings = { ...await deployment(t, 'server'), DB_TLS: 'true' }
    await isWithout(t, { ...settings, DB_HOST: 'localhost', NODE_EXTRA_CA_CERTS: '' }, 510)
    await isWithout(t, { ...settings, DB_HOST: ANOTHER_NAME }, 510)
  })

  t.test('F3: so it is with Redis', async t => {
    const settings = { ...await deployment(t, 'server'), ...await redisWithTls(t) }
    await isWithout(t, { ...settings, NODE_EXTRA_CA_CERTS: '' }, 512)
    await isWithout(t, { ...settings, REDIS_HOST: ANOTHER_NAME }, 512)
  })
}

t.test('F1, F3: TLS to a database that is given by its address is refused, as its certificate could not be checked', async t => {
  for (const DB_HOST of ['127.0.0.1', '::1']) {
    t.throws(() => loadConfig({ DB_HOST, DB_TLS: 'true', JWT_SECRET_KEY: '3f9c41d07b6ae852f0c1d94be7a36258' }), { message: /^DB_HOST .*DB_TLS/ })
  }
})
