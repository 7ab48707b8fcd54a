import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root } from '../src/root.ts'
import { freePort, stop } from '../test/support/services.ts'

/** A process of its own that listens. */
export interface Running { url: string, child: ChildProcess, startMs: number, stop: () => Promise<void> }

const program = (name: string): string => fileURLToPath(new URL(`dist/${name}.js`, root))
const PATIENCE_MS = 15_000

/** Starts the compiled service and waits for its first healthy answer; `startMs` is the time from the spawn to that answer. */
export async function startService (settings: Record<string, string>, cwd: string): Promise<Running> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const start = performance.now()
  const child = spawn(process.execPath, [program('server')], { cwd, stdio: 'inherit', env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', HOST: '127.0.0.1', ...settings, PORT: String(port) } })
  while (!await healthy(url)) {
    if (child.exitCode !== null || performance.now() - start > PATIENCE_MS) {
      await stop(child)
      throw new Error('the service did not start')
    }
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return { url, child, startMs: performance.now() - start, stop: () => stop(child) }
}

async function healthy (url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).status === 200
  } catch {
    return false
  }
}

/** Starts the bare route. */
export async function startBare (): Promise<Running> {
  const child = spawn(process.execPath, [program('bare'), 'route'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise(resolve => { child.stdout.once('data', chunk => { resolve(String(chunk).trim()) }) })
  return { url: `http://127.0.0.1:${String(port)}/`, child, startMs: 0, stop: () => stop(child) }
}

/** Starts the bare route in a process that hashes without end. */
export async function startBeside (place: string): Promise<Running & { hashesPerSecond: (seconds: number) => Promise<number> }> {
  const child = spawn(process.execPath, [program('bare'), 'beside', place], { stdio: ['ignore', 'pipe', 'inherit'] })
  let lines: string[] = []
  child.stdout.on('data', chunk => { lines = (lines.join('\n') + String(chunk)).split('\n') })
  while (lines.length < 3) await sleep(20)
  const done = (): number => Number(lines.at(-2))
  return {
    url: `http://127.0.0.1:${lines[0]}/`,
    child,
    startMs: 0,
    stop: () => stop(child),
    async hashesPerSecond (seconds) {
      const before = done()
      await sleep(seconds * 1000)
      return (done() - before) / seconds
    }
  }
}

/** Hashes per second of the bare password hash. */
export async function bareHashes (concurrency: number, seconds: number, iterations: number): Promise<number> {
  const child = spawn(process.execPath, [program('bare'), 'hash', String(concurrency), String(seconds), String(iterations)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', chunk => { output += String(chunk) })
  await new Promise(resolve => { child.once('close', resolve) })
  return Number(output)
}

/** Processor time of a process so far, all its threads together, in seconds. On Linux alone; elsewhere NaN. */
export function processorSeconds ({ pid }: ChildProcess): number {
  try {
    // proc(5): utime and stime, counted from behind the name, which may hold anything. There are a hundred ticks a second.
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').slice(11, 13).map(Number) ?? []
    return ((user ?? NaN) + (system ?? NaN)) / 100
  } catch {
    return NaN
  }
}

/** Resident memory of a process in megabytes (10^6 bytes). */
export function residentMegabytes ({ child }: Running): number {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' }).stdout) * 1024 / 1e6
}
