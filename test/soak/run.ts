import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { closeConnections } from '../../attack/http.ts'
import { root } from '../../src/root.ts'
import { until } from '../support/faults.ts'
import { compiled, start, type Program } from '../support/program.ts'
import { folderOf, Stage } from '../support/stage.ts'
import { createClient } from '../outages/client.ts'
import { faults } from '../outages/faults.ts'
import { setScene, type Scene } from '../outages/scene.ts'
import { PAGE, renew } from '../outages/table.ts'
import { createLoad } from './load.ts'
import { failures, markdown, MARKS, type Soak } from './report.ts'
import { take, type Inside } from './sample.ts'

// `npm run soak`: the compiled program in server mode under mixed load for fifteen minutes, with a fault every few seconds; what it holds
// is measured in the calm between them. `-- --minutes 2` for another time; -- --write puts the report into docs/OPERATIONS.md. Exit code 1
// where something grows, a request is not answered or answered with 500, or a failure is left unhandled.

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '15' }, write: { type: 'boolean', default: false } } })
const minutes = Number(values.minutes)
const MINUTE_MS = 60_000
const WORKERS = 6
/** Until connections that were given up are closed, and then until the next fault. */
const CALM_MS = 6_000
const FAULT_MS = 2_500

const injected = faults.filter(({ name, dependency }) => ['restarted', 'connections cut', 'half-open', 'slow: 200 ms', 'refuses connections', '4xx', 'cut in mid-message'].includes(name) && (dependency !== 'mail' || name !== 'half-open'))
const say = (line: string): void => { process.stdout.write(`${line}\n`) }

/** The program, with a word on its input that has it collect its garbage and tell what it holds. */
async function serve (stage: Stage, scene: Scene): Promise<Program> {
  const folder = folderOf(stage)
  const probe = join(folder, 'probe.mjs')
  writeFileSync(probe, `process.stdin.on('data', () => {
    gc()
    process.stderr.write(JSON.stringify({ heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().length }) + '\\n')
  }).unref()\n`)
  return start(stage, process.execPath, ['--expose-gc', '--import', probe, compiled('server')], { ...scene.settings, PORT: '0', HOST: '127.0.0.1', PASSWORD_HASH_ITERATIONS: '1000' }, folder)
}

async function look (program: Program): Promise<Inside> {
  const lines = (): string[] => program.stderr().split('\n').filter(line => line.startsWith('{'))
  const before = lines().length
  program.child.stdin?.write('look\n')
  await until(async () => lines().length > before)
  return JSON.parse(lines().at(-1) ?? '{}')
}

async function soak (stage: Stage): Promise<Soak> {
  const scene = await setScene(stage)
  const program = await serve(stage, scene)
  const client = createClient(await program.url(), scene.mail)
  const { work, tally } = createLoad(client)
  const result: Soak = { minutes, samples: [], tally, faults: new Map(), complaints: [], exit: undefined }
  const begun = performance.now()
  const ending = new AbortController()
  const load = Promise.all(Array.from({ length: WORKERS }, () => work(ending.signal)))

  for (let i = 0; performance.now() - begun < minutes * MINUTE_MS; i++) {
    await sleep(CALM_MS)
    const sample = await take(scene, program.child.pid ?? NaN, (performance.now() - begun) / MINUTE_MS, await look(program))
    result.samples.push(sample)
    say(JSON.stringify(sample))
    const fault = injected[i % injected.length]
    if (fault === undefined) break
    const regain = await fault.lose(scene)
    await sleep(FAULT_MS)
    await regain()
    const name = `${fault.dependency} ${fault.name}`
    result.faults.set(name, (result.faults.get(name) ?? 0) + 1)
  }
  ending.abort()
  await load
  program.child.kill('SIGTERM')
  result.exit = await program.ended
  result.complaints = program.log().filter(({ level }) => level >= 40)
  return result
}

const stage = new Stage()
try {
  const result = await soak(stage)
  say(`\n${markdown(result)}\n`)
  if (values.write) {
    const page = new URL(PAGE, root)
    writeFileSync(page, renew(readFileSync(page, 'utf8'), MARKS, markdown(result)))
  }
  process.exitCode = failures(result).length === 0 ? 0 : 1
} finally {
  closeConnections()
  await stage.end()
}
