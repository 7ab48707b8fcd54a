import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisFeed } from '../../src/stores/feed.redis.ts'
import type { Feed } from '../../src/revocations.ts'
import { deployment, modes } from '../helper.ts'
import { network, until } from '../support/faults.ts'

const skip = modes.includes('server') ? false : 'embedded mode is one process'

/** What was heard: subjects, how often all was to be forgotten, and how often that was although memory was trusted. */
interface Heard { feed: Feed, gaps: () => number, gapsInTrust: () => number, subjects: string[] }

/** A feed that says over one connection and hears over another. */
async function listen (t: Test, channel: string, number: number, heardAs = channel, port = Number(process.env.TEST_REDIS_PORT)): Promise<Heard> {
  const options = { port: Number(process.env.TEST_REDIS_PORT), db: number }
  const [client, subscriber] = [new Redis({ ...options, port }), new Redis({ ...options, lazyConnect: true, autoResubscribe: false })]
  // A server that passes on nothing of what is published at another: it is listened to under another name.
  const subscribe = subscriber.subscribe.bind(subscriber)
  subscriber.subscribe = (() => subscribe(heardAs)) as typeof subscriber.subscribe
  let gaps = 0
  let gapsInTrust = 0
  const subjects: string[] = []
  const { feed, close } = createRedisFeed({ client, subscriber }, channel, () => {})
  feed.listen({ changed: subject => { subjects.push(subject) }, gap: () => { gaps++; if (feed.current()) gapsInTrust++ } })
  t.teardown(() => {
    close()
    client.disconnect()
  })
  await subscriber.connect()
  await until(async () => feed.current())
  return { feed, gaps: () => gaps, gapsInTrust: () => gapsInTrust, subjects }
}

async function scene (t: Test): Promise<{ channel: string, number: number, redis: Redis }> {
  const { REDIS_DB } = await deployment(t, 'server')
  const redis = new Redis({ port: Number(process.env.TEST_REDIS_PORT), db: Number(REDIS_DB) })
  t.teardown(() => { redis.disconnect() })
  return { channel: `dream:test:${REDIS_DB}`, number: Number(REDIS_DB), redis }
}

t.test('server: T6: who hears every announcement forgets nothing else', { skip }, async t => {
  const { channel, number } = await scene(t)
  const [one, two] = [await listen(t, channel, number), await listen(t, channel, number)]
  const before = two.gapsInTrust()
  for (let i = 0; i < 50; i++) await one.feed.announce([`account ${i}`])
  await until(async () => two.subjects.length === 50)
  // A machine that is held up for a second has memory forgotten for want of an answer.
  t.equal(two.gapsInTrust(), before)
  await until(async () => two.feed.current())
})

t.test('server: T6, T9: who listens to a server that does not pass on what is said, forgets all whenever something is said', { skip }, async t => {
  const { channel, number } = await scene(t)
  const [one, deaf] = [await listen(t, channel, number), await listen(t, channel, number, `${channel}:elsewhere`)]
  for (let i = 0; i < 3; i++) {
    await until(async () => deaf.feed.current())
    const before = deaf.gaps()
    await one.feed.announce(['account 7'])
    t.ok(await until(async () => deaf.gaps() > before || !deaf.feed.current()) < 2_000)
    await until(async () => deaf.gaps() > before)
  }
  t.same(deaf.subjects, [])
})

t.test('server: T6, T9: whoever had no answer for a while forgets all before memory is trusted again, as others could tell nothing meanwhile, though what is listened to was there all the time', { skip }, async t => {
  const { channel, number } = await scene(t)
  const net = await network(t, Number(process.env.TEST_REDIS_PORT))
  const { feed, gaps } = await listen(t, channel, number, channel, net.port)
  const before = gaps()
  net.hold()
  await until(async () => !feed.current())
  t.equal(gaps(), before)
  await net.pass()
  await until(async () => feed.current())
  t.ok(gaps() > before)
})

t.test('server: T6, K9: a number that was lost with the server, or is behind, takes all memory with it', { skip }, async t => {
  const { channel, number, redis } = await scene(t)
  const { feed, gaps } = await listen(t, channel, number)
  for (const lose of [() => redis.del(`${channel}:count`), () => redis.decrby(`${channel}:count`, 3), () => redis.incr(`${channel}:count`)]) {
    const before = gaps()
    await lose()
    await until(async () => gaps() > before)
    await until(async () => feed.current())
  }
})
