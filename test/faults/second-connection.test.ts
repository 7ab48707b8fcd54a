import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { build, modes } from '../helper.ts'
import { until } from '../support/faults.ts'

const skip = modes.includes('server') ? false : 'embedded mode has no connections'

/** A way to the database that fails the second connection alone. Returns its port. */
async function way (t: Test, fail: (client: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  let opened = 0
  const server = createServer(client => {
    sockets.add(client.on('error', () => {}))
    if (++opened === 2) return fail(client)
    const database = connect(Number(process.env.TEST_DB_PORT), '127.0.0.1')
    sockets.add(database.on('error', () => {}))
    client.pipe(database).pipe(client)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

for (const [what, fail] of Object.entries({ 'is silent': () => {}, 'is ended at once': (client: Socket) => { client.destroy() } })) {
  t.test(`D2: the database is there when the service starts, but the connection after the first ${what}: it starts all the same`, { skip }, async t => {
    const world = await build(t, 'server', { DB_PORT: String(await way(t, fail)) })
    await until(async () => (await world.get('/health')).status === 200)
  })
}
