import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root } from '../../src/root.ts'
import { until } from '../support/faults.ts'
import { noHaproxy, pairBehindHaproxy, type Pair } from '../support/haproxy.ts'
import { startMariadb, startRedis } from '../support/services.ts'
import { folderOf, Stage } from '../support/stage.ts'
import { steadyLoad } from '../support/steady.ts'

// `npm run test:rolling`: what clients notice of restarts and of a killed instance, counted, in some two minutes;
// test/deploy/haproxy.test.ts holds the service to it. MariaDB, Redis, the instances, HAProxy and the clients are all on this machine.

const CLIENTS = 16
const PAUSE_MS = 10
const ROUNDS = 3
const BETWEEN_MS = 2_000
const PATIENCE_MS = 120_000
/** The least that production allows: a login is under way long enough to be met. */
const HASH = { PASSWORD_HASH_ITERATIONS: '100000' }

const stage = new Stage()
const say = (line: string): void => { process.stdout.write(`${line}\n`) }

let broken = 0

/**
 * @param spared what must not fail
 * @param happens three times, while clients go on asking
 */
async function measure (what: string, { url, askings }: Pair, spared: 'all' | 'GET', happens: () => Promise<unknown>): Promise<void> {
  const load = steadyLoad(url, askings, { clients: CLIENTS, pause: PAUSE_MS, apart: true })
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(BETWEEN_MS)
    await happens()
  }
  await sleep(BETWEEN_MS)
  const { sent, failed, longestGapMs } = await load.stop()
  say(`| ${what} | ${sent} | ${failed.length} | ${failed.filter(why => why.startsWith('GET')).length} | ${Math.round(longestGapMs)} ms |`)
  for (const why of new Set(failed)) say(`  ${why}`)
  broken += failed.filter(why => spared === 'all' || why.startsWith(spared)).length
}

async function measureAll (): Promise<void> {
  const folder = folderOf(stage)
  const [mariadb, redis] = await Promise.all([startMariadb(folder), startRedis(folder)])
  for (const service of [mariadb, redis]) stage.teardown(() => service.stop())
  Object.assign(process.env, { TEST_DB_PORT: String(mariadb.port), TEST_REDIS_PORT: String(redis.port), NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('test/fixtures/tls/ca.pem', root)) })

  say('| What happens, three times | Requests | Failed | of which GET | Longest time without a good answer |\n|---|---|---|---|---|')
  const pair = await pairBehindHaproxy(stage, HASH)
  await measure('nothing', pair, 'all', async () => {})
  await measure('restart of one instance, then of the other', pair, 'all', async () => {
    await pair.restart(0)
    await pair.restart(1)
  })
  await measure('`kill -9` of one instance, and its restart', pair, 'GET', async () => {
    pair.instances[0].child.kill('SIGKILL')
    await pair.instances[0].ended
    await pair.revive(0)
  })

  const several = await pairBehindHaproxy(stage, { ...HASH, WORKERS: '2' })
  const replaced = (program: Pair['instances'][0]): number => program.stdout().split('every worker is replaced').length
  await measure('SIGHUP to both instances, with `WORKERS=2`', several, 'all', () => Promise.all(several.instances.map(async program => {
    const before = replaced(program)
    program.child.kill('SIGHUP')
    await until(async () => replaced(program) > before, PATIENCE_MS)
  })))
}

if (noHaproxy !== false) say(noHaproxy)
else await measureAll().finally(() => stage.end())
if (broken > 0) say(`${broken} requests failed that nobody should have noticed anything of`)
process.exit(noHaproxy === false && broken === 0 ? 0 : 1)
