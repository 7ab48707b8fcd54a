import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { bearer, build, deployment, digest, modes, type World } from '../helper.ts'
import { stall, until } from '../support/faults.ts'
import { startRedis } from '../support/services.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a Redis'
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }

const check = async ({ get }: World, token: string): Promise<number> => (await get('/CheckJWTToken', bearer(token))).status

for (const fault of ['restarted', 'paused'] as const) {
  t.test(`server: T6, T9: while Redis is ${fault}, and after it, a revoked token is refused and a live one accepted`, { skip }, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'dream-redis-'))
    let redis = await startRedis(folder)
    t.teardown(async () => {
      await redis.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const settings = { ...await deployment(t, 'server'), REDIS_PORT: String(redis.port), REDIS_DB: '0' }
    const [here, there] = [await build(t, 'server', settings), await build(t, 'server', settings)]
    await here.register(alice)
    const [before, during, live] = [await here.login(alice), await here.login(alice), await here.login(alice)]
    const everywhere = async (token: string, status: number): Promise<void> => {
      for (const world of [here, there]) for (let i = 0; i < 3; i++) t.equal(await check(world, token), status)
    }
    for (const token of [before, during, live]) await everywhere(token, 200)

    t.match(await here.post('/Auth/Logout', undefined, bearer(before)), { body: { Code: 200 } })
    if (fault === 'restarted') await redis.stop()
    else await stall(redis)
    t.match(await here.post('/Auth/Logout', undefined, bearer(during)), { body: { Code: 200 } })
    await until(async () => await check(there, during) === 401, 1_000)
    for (const token of [before, during]) await everywhere(token, 401)
    await everywhere(live, 200)

    if (fault === 'restarted') redis = await startRedis(folder, redis.port)
    else process.kill(redis.pid, 'SIGCONT')
    await until(async () => (await here.get('/health')).status === 200 && (await there.get('/health')).status === 200)
    for (const token of [before, during]) await everywhere(token, 401)
    await everywhere(live, 200)
    t.match(await there.post('/Auth/Logout', undefined, bearer(live)), { body: { Code: 200 } })
    await until(async () => await check(here, live) === 401, 1_000)
  })
}
