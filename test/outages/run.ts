import { readFileSync, writeFileSync } from 'node:fs'
import { closeConnections } from '../../attack/http.ts'
import { root } from '../../src/root.ts'
import { Stage } from '../support/stage.ts'
import { createClient } from './client.ts'
import { faults, type Fault } from './faults.ts'
import { broken, brokenInLife } from './judge.ts'
import { liveThrough, type Lifecycle } from './lifecycle.ts'
import { suffer, type Outage } from './outage.ts'
import { setScene, type Dependency, type Scene } from './scene.ts'
import { MARKS, PAGE, renew, seconds, tables } from './table.ts'
import { prepareCast } from './wave.ts'

// `npm run test:faults`: loses everything that the compiled program depends on, in every way of test/outages/faults.ts, and writes
// what came of it into docs/OPERATIONS.md. Exit code 1 where a promise was broken. With words as arguments, only the faults whose name
// or dependency has one of them, and nothing is written.

const started = performance.now()
const wanted = process.argv.slice(2)
const stage = new Stage()
const outages = new Map<Fault, Outage>()
const lifecycles = new Map<Fault, Lifecycle>()
const failures: string[] = []

const say = (line: string): void => { process.stdout.write(`${line}\n`) }

const isWanted = ({ name, dependency }: Fault): boolean => wanted.length === 0 || wanted.some(word => name.includes(word) || dependency === word)

/** What keeps one fault from being tried is a failure, and no reason to leave the others. */
async function attempt<T> (what: string, work: () => Promise<T>, judge: (result: T) => string[]): Promise<T | undefined> {
  const start = performance.now()
  let found: string[]
  let result: T | undefined
  try {
    result = await work()
    found = judge(result)
  } catch (error) {
    found = [`${what}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`]
  }
  failures.push(...found)
  say(`${found.length === 0 ? 'kept  ' : 'BROKEN'} ${what} (${seconds(performance.now() - start)})`)
  return result
}

interface Lane { own: Fault[], scene: Scene, running: Awaited<ReturnType<Scene['serve']>> }

/** What a lane needs, warm: a program that has just begun is busy with itself. */
async function prepare (dependency: Dependency): Promise<Lane[]> {
  const own = faults.filter(fault => fault.dependency === dependency && isWanted(fault))
  if (own.length === 0) return []
  const scene = await setScene(stage)
  const running = await scene.serve()
  await prepareCast(createClient(running.url, scene.mail))
  return [{ own, scene, running }]
}

/** The faults of one dependency, one after the other. Those of the others go on beside: most of the time all of them wait. */
async function follow ({ own, scene, running: { program, url } }: Lane): Promise<void> {
  const { pid } = program.child
  if (pid === undefined) throw new Error('the service has no process')
  for (const fault of own) {
    const outage = await attempt(`${fault.dependency}, ${fault.name}`, () => suffer(scene, { url, pid }, fault), broken)
    if (outage !== undefined) outages.set(fault, outage)
  }
  program.child.kill('SIGTERM')
  if (await program.ended !== 0) failures.push('the service did not end with 0')
  for (const fault of own.filter(({ lifecycle }) => lifecycle === true)) {
    const lifecycle = await attempt(`${fault.dependency}, ${fault.name}, at the start and at a stop`, () => liveThrough(scene, fault), brokenInLife)
    if (lifecycle !== undefined) lifecycles.set(fault, lifecycle)
  }
}

try {
  const lanes = await Promise.all((['database', 'redis', 'mail'] as const).map(prepare))
  await Promise.all(lanes.flat().map(follow))
  const of = <T>(results: Map<Fault, T>): T[] => faults.flatMap(fault => results.get(fault) ?? [])
  const written = tables(of(outages), of(lifecycles))
  say(`\n${written}\n`)
  if (wanted.length === 0) {
    const page = new URL(PAGE, root)
    writeFileSync(page, renew(readFileSync(page, 'utf8'), MARKS, written))
  }
} catch (error) {
  failures.push(error instanceof Error ? error.stack ?? error.message : String(error))
} finally {
  closeConnections()
  await stage.end()
}
for (const failure of failures) say(failure)
say(`${outages.size + lifecycles.size} tried, ${failures.length} broken promises, ${seconds(performance.now() - started)}`)
process.exitCode = failures.length === 0 ? 0 : 1
