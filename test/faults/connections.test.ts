import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, modes, type World } from '../helper.ts'
import { credentialsOf, network, newPerson, until, type Network } from '../support/faults.ts'

const skip = modes.includes('server') ? false : 'server mode alone has connections'
const POOL = 5

// They wait most of the time, so they wait together.
t.jobs = 2

const faults: Record<string, { lose: (net: Network) => unknown, regain: (net: Network) => unknown }> = {
  held: { lose: net => { net.hold() }, regain: net => net.pass() },
  refused: { lose: net => net.refuse(), regain: net => net.pass() },
  cut: { lose: net => { net.cut() }, regain: () => {} },
  slow: { lose: net => { net.slow(2_500) }, regain: net => { net.slow(0) } }
}

/** Loses and regains it twice, each time with more requests under way than there are connections. */
async function strain (world: World, net: Network, { lose, regain }: { lose: (net: Network) => unknown, regain: (net: Network) => unknown }): Promise<void> {
  const login = credentialsOf(newPerson())
  for (let round = 0; round < 2; round++) {
    const asked = Array.from({ length: 3 * POOL }, () => world.post('/Auth/Login', login))
    await Promise.race(asked)
    const lost = [...asked, ...Array.from({ length: 3 * POOL }, () => world.get('/health'))]
    await lose(net)
    await Promise.all([...lost, ...Array.from({ length: POOL }, () => world.post('/Auth/Login', credentialsOf(newPerson())))])
    await regain(net)
    // Not health, which may be of a quarter of a second ago.
    await until(async () => (await world.post('/Auth/Login', credentialsOf(newPerson()))).body.Code === 501)
  }
}

for (const [name, fault] of Object.entries(faults)) {
  t.test(`D1, D2: a database whose connections were ${name}: the pool has all its connections again, each of use, and the server no others`, { skip, buffered: true }, async t => {
    const net = await network(t, Number(process.env.TEST_DB_PORT))
    const world = await build(t, 'server', { DB_PORT: String(net.port), DB_POOL_SIZE: String(POOL) })
    await strain(world, net, fault)
    const pool = world.app.mysql.pool.promise()
    // Were one lost to the pool, the last of these would wait for ever.
    const connections = await Promise.all(Array.from({ length: POOL }, async () => {
      for (;;) {
        const connection = await pool.getConnection().catch(() => undefined)
        if (connection !== undefined) return connection
      }
    }))
    for (const connection of connections) await connection.query('SELECT 1')
    for (const connection of connections) connection.release()
    const known = async (): Promise<number> => (await world.rows(`SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '${world.config.DB_NAME}'`)).length
    await until(async () => await known() === POOL)
    t.equal(await known(), POOL)
  })

  t.test(`D3: a Redis whose connections were ${name}: it has the two of this process again, and no others`, { skip, buffered: true }, async t => {
    const net = await network(t, Number(process.env.TEST_REDIS_PORT))
    const world = await build(t, 'server', { REDIS_PORT: String(net.port) })
    await strain(world, net, fault)
    const known = async (): Promise<number> => String(await world.app.redis.client('LIST')).split('\n').filter(line => line.includes(` db=${world.config.REDIS_DB} `)).length
    await until(async () => await known() === 2)
    t.equal(await known(), 2)
  })
}

t.test('D1: a database that takes no more connections: 510, and service again once it does', { skip, buffered: true }, async (t: Test) => {
  const world = await build(t, 'server', { DB_POOL_SIZE: '2' })
  const alice = newPerson()
  await world.register(alice)
  const root = await createConnection({ host: '127.0.0.1', port: Number(process.env.TEST_DB_PORT), user: 'root' })
  const user = `few_${world.config.DB_NAME}`.slice(0, 30)
  await root.query(`CREATE USER '${user}'@'127.0.0.1' WITH MAX_USER_CONNECTIONS 2`)
  await root.query(`GRANT ALL ON \`${world.config.DB_NAME}\`.* TO '${user}'@'127.0.0.1'`)
  t.teardown(async () => {
    await root.query(`DROP USER '${user}'@'127.0.0.1'`)
    await root.end()
  })
  const other = await build(t, 'server', { DB_NAME: world.config.DB_NAME, DB_USER: user, DB_MIGRATE: 'false', DB_POOL_SIZE: '5' })
  // Two at once are answered, and nobody else is answered wrongly.
  const codes = (await Promise.all(Array.from({ length: 10 }, () => other.post('/Auth/Login', credentialsOf(alice))))).map(({ body }) => body.Code)
  t.strictSame(codes.filter(code => ![200, 510, 512].includes(code)), [])
  await until(async () => (await other.post('/Auth/Login', credentialsOf(alice))).body.Code === 200)
})
