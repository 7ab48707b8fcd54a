import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/faults.ts'
import { createClient, stranger, type Client, type Person } from './client.ts'
import { heldBy, keptByServers, type Held } from './connections.ts'
import type { Fault } from './faults.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { POOL_SIZE, type Scene } from './scene.ts'
import { prepareCast, wave, type Sample } from './wave.ts'

/** What became of the service while a dependency was lost, and after its return. */
export interface Outage {
  fault: Fault
  samples: Sample[]
  /** From the return of the dependency to a login, a check of a new token and a healthy answer; NaN where it never came. */
  recoveryMs: number
  acknowledged: number
  lost: string[]
  leaks: string[]
}

/** Registrations and logins under way while a fault begins: one each so many milliseconds. */
const STREAM = { people: 24, everyMs: 25, beginsAfter: 10 }
const BETWEEN_WAVES_MS = 500
const GIVEN_UP_MS = 20_000
const SETTLING_MS = 5_000
/** The main connection and the one that listens for revocations. */
const REDIS_CONNECTIONS = 2
const MAIL_CONNECTIONS = 5

/**
 * Loses a dependency under load, asks everything twice, brings it back, and asks everything again.
 *
 * @param people how many register and log in meanwhile
 */
export async function suffer (scene: Scene, service: { url: string, pid: number }, fault: Fault, people = STREAM.people): Promise<Outage> {
  const client = createClient(service.url, scene.mail)
  const ledger = openLedger(scene, client)
  const [first, second, streaming] = await Promise.all([prepareCast(client), prepareCast(client), prepareStream(client, people)])
  const before = heldBy(service.pid, scene)

  const stream = streamOf(client, ledger, streaming)
  await sleep(STREAM.beginsAfter * STREAM.everyMs)
  const regain = await fault.lose(scene)
  const samples = await wave(client, first, ledger, 'first')
  samples.push(...await stream)
  await sleep(BETWEEN_WAVES_MS)
  samples.push(...await wave(client, second, ledger, 'second'))

  await regain()
  const recoveryMs = await recovery(client, first.reader, fault)
  samples.push(...await wave(client, await prepareCast(client), ledger, 'after'))
  const acknowledged = ledger.count()
  return { fault, samples, recoveryMs, acknowledged, lost: await ledger.lost(), leaks: await leaksOf(scene, service.pid, before) }
}

async function prepareStream (client: Client, length: number): Promise<Person[]> {
  const people = Array.from({ length }, stranger)
  for (const person of people) await client.sign(person)
  return people
}

async function streamOf (client: Client, ledger: Ledger, people: Person[]): Promise<Sample[]> {
  const samples = await Promise.all(people.map(async (person, i): Promise<Sample[]> => {
    await sleep(i * STREAM.everyMs)
    const verified = await ledger.keep('account', client.verify(person, client.codeOf(person)), () => ledger.account(person))
    const verify: Sample = { route: 'Verify', phase: 'meanwhile', code: verified.code, ms: verified.ms }
    if (verified.code !== 200) return [verify]
    const entered = await ledger.keep('session', client.login(person, person.from), ({ body }) => ledger.session(String(body.Token)))
    return [verify, { route: 'Login', phase: 'meanwhile', code: entered.code, ms: entered.ms }]
  }))
  return samples.flat()
}

/** Asks until all is well again, mails too where they were lost. */
export async function recovery (client: Client, person: Person, { dependency }: Fault): Promise<number> {
  const start = performance.now()
  while (performance.now() - start < GIVEN_UP_MS) {
    const { code, body } = await client.login(person, person.from)
    const well = code === 200 && (await client.check(String(body.Token))).code === 200 && (await client.ask('GET', '/health')).code === 200 &&
      (dependency !== 'mail' || (await client.sign(stranger())).code === 200)
    if (well) return performance.now() - start
    await sleep(20)
  }
  return NaN
}

/** What is open once all is quiet, beyond what a busy service may hold. */
async function leaksOf (scene: Scene, pid: number, before: Held): Promise<string[]> {
  let leaks: string[] = []
  const most = { database: POOL_SIZE, redis: REDIS_CONNECTIONS, mail: MAIL_CONNECTIONS, other: before.other }
  await until(async () => {
    const held = heldBy(pid, scene)
    const kept = await keptByServers(scene)
    leaks = [
      ...(['database', 'redis', 'mail', 'other'] as const).filter(each => held[each] > most[each]).map(each => `${each}: ${held[each]} held, ${most[each]} expected`),
      ...(['database', 'redis'] as const).filter(each => kept[each] > most[each]).map(each => `${each}: ${kept[each]} kept by the server, ${most[each]} expected`)
    ]
    return leaks.length === 0
  }, SETTLING_MS / 2).catch(() => {})
  return leaks
}
