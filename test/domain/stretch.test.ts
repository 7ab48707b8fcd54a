import { spawn } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { root } from '../../src/root.ts'
import { createHashThreads } from '../../src/stretch.ts'
import { find } from '../support/services.ts'

const salt = Buffer.alloc(16, 7)
const cost = { scheme: 'pbkdf2-sm3', iterations: 1000 } as const
const expected = pbkdf2Sync('input', salt, 1000, 32, 'sm3').toString('hex')
const isRoot = process.getuid?.() === 0
const skip = process.platform === 'linux' ? false : 'only Linux lowers a single thread'

/** The niceness of each thread of this process (proc_pid_stat(5)). */
function nicenesses (): number[] {
  return readdirSync('/proc/self/task').map(thread => Number(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[16]))
}

t.test('C7: hashes run on as many threads as there are cores at the most, and each gives the right one', async t => {
  const threads = createHashThreads()
  t.teardown(() => threads.close())
  const hashes = await Promise.all(Array.from({ length: threads.count }, (_, i) => threads.stretch(i % 2 === 0 ? 'input' : 'other', salt, cost)))
  t.same(hashes.map((hash, i) => hash.toString('hex') === expected || i % 2 === 1), hashes.map(() => true))
  for (let i = 0; i < 20; i++) t.equal((await threads.stretch('input', salt, cost)).toString('hex'), expected)
})

t.test('C7: the threads yield to the rest of the process, which stays as it was', { skip }, async t => {
  const before = nicenesses()
  const threads = createHashThreads()
  t.teardown(() => threads.close())
  await Promise.all(Array.from({ length: threads.count }, () => threads.stretch('input', salt, cost)))
  t.equal(nicenesses().filter(niceness => niceness === 10).length, threads.count)
  t.equal(nicenesses().filter(niceness => niceness === before[0]).length >= before.length, true)
})

t.test('C7: while every thread hashes, the event loop turns as if none did', async t => {
  const threads = createHashThreads()
  const each = (iterations: number): Array<Promise<unknown>> => Array.from({ length: threads.count }, () => threads.stretch('input', salt, { ...cost, iterations }))
  await Promise.all(each(1_000))
  let ended = 0
  const hashes = each(1_000_000).map(hash => hash.catch(() => {}).finally(() => { ended++ }))
  for (let turns = 0; turns < 200; turns++) await eventLoopTurn()
  t.equal(ended, 0)
  await threads.close()
  await Promise.all(hashes)
})

t.test('a hash that cannot be made is an error of its caller, and the thread goes on', async t => {
  const threads = createHashThreads()
  t.teardown(() => threads.close())
  await t.rejects(threads.stretch('input', salt, { scheme: 'argon2id', memoryKib: 1, passes: 1, lanes: 1 }), { message: /./ })
  t.equal((await threads.stretch('input', salt, cost)).toString('hex'), expected)
})

t.test('closed in the middle: what is under way fails, and no thread comes back for what still waits', async t => {
  const threads = createHashThreads()
  await threads.stretch('input', salt, cost)
  const underWay = threads.stretch('input', salt, { ...cost, iterations: 3_000_000 })
  const failed = t.rejects(underWay, /ended/)
  await threads.close()
  await failed
  await t.rejects(threads.stretch('input', salt, cost), /have ended/)
})

const A_PORT_AND_HASHES = /^\d+\n(0\n)*\d*[1-9]\d*\n/

t.test('a program that was started with a low priority, and may not raise it, hashes all the same', { skip: skip || (isRoot && find('setpriv') === undefined && 'needs setpriv of util-linux, to take from root the right to raise it') }, async t => {
  const program = fileURLToPath(new URL('dist/bare.js', root))
  const [command = '', ...args] = [...isRoot ? ['setpriv', '--bounding-set=-sys_nice'] : [], 'nice', '-n', '15', process.execPath, program, 'beside', '10']
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } })
  t.teardown(() => { child.kill('SIGKILL') })
  let printed = ''
  await new Promise<void>(resolve => {
    child.once('exit', () => { resolve() })
    child.stdout.on('data', chunk => {
      printed += String(chunk)
      if (A_PORT_AND_HASHES.test(printed)) resolve()
    })
  })
  t.match(printed, A_PORT_AND_HASHES)
})
