import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { until } from '../support/faults.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const DAY = 86_400_000

const login = async ({ post }: World, from: string, Password = alice.Password, language = 'zh'): Promise<unknown> => (await post('/Auth/Login', { Email: alice.Email, Password }, { from, headers: { 'accept-language': language } })).body.Code
const notices = async ({ mails }: World): Promise<string[]> => (await mails()).filter(({ subject }) => /新网络|new network/.test(subject)).map(({ text }) => text)

for (const mode of modes) {
  t.test(`${mode}: a login from a network that is new to the account is told to its owner by mail, once, and the first ever is not`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    t.equal(await login(world, '203.0.113.7'), 200)
    t.equal(await login(world, '203.0.113.7'), 200)
    t.equal(await login(world, '2001:db8:1:2::9', digest('wrong')), 501)
    t.equal(await login(world, '2001:db8:1:2::9', undefined, 'en'), 200)
    await until(async () => (await notices(world)).length > 0)
    t.equal(await login(world, '2001:db8:1:2::10'), 200)
    t.equal(await login(world, '198.51.100.1'), 200)
    await until(async () => (await notices(world)).length > 1)
    t.match(await notices(world), [/from a network that is new to it: 2001:db8:1:2::\/64/, /198\.51\.100\.1/])
    t.equal((await notices(world)).length, 2)
  })

  t.test(`${mode}: who logs in from one network after the other is told of twenty within a day, and logs in all the same`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    for (let i = 0; i < 23; i++) t.equal(await login(world, `2001:db8:1:${i.toString(16)}::9`), 200)
    await until(async () => (await notices(world)).length === 20)
    await world.pass(DAY)
    t.equal(await login(world, '198.51.100.1'), 200)
    await until(async () => (await notices(world)).length > 20)
    t.match((await notices(world)).slice(20), [/198\.51\.100\.1/])
  })

  t.test(`${mode}: after ninety days without a login every network is news`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await login(world, '203.0.113.7')
    await world.pass(91 * DAY)
    await login(world, '203.0.113.7')
    await until(async () => (await notices(world)).length === 1)
  })

  t.test(`${mode}: NOTIFY_NEW_NETWORK=false tells nothing`, async t => {
    const world = await build(t, mode, { NOTIFY_NEW_NETWORK: 'false' })
    await world.register(alice)
    for (const from of ['203.0.113.7', '203.0.113.8', '203.0.113.9']) t.equal(await login(world, from), 200)
    await world.app.close()
    t.same(await notices(world), [])
  })
}
