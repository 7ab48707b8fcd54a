import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import { ConfigError, type Config } from './config.ts'

/** The processes that serve, seen from the one that begins them. */
export interface Workers {
  /** Whether the first of them listens. The others begin after it: why it could not start is told once, and a database is migrated by one. */
  started: Promise<boolean>
  /** Reads the settings anew and replaces every worker by one that has them, without an interruption. */
  replaceAll: () => Promise<void>
  /** Every worker finishes what is under way. Gives whether each of them could. */
  stop: () => Promise<boolean>
  /** Ends all of them at once. */
  kill: () => void
}

/** What a worker is told: that all stop, or that another has taken its place. */
type Word = 'stop' | 'make room'

interface Ending { code: number | null, signal: string | null }
interface Process { worker: Worker, listens: Promise<boolean>, ended: Promise<Ending>, patienceMs: number }
/** A worker's place, which another takes when it ends by itself. */
interface Place { process?: Process, failures: number, timer?: NodeJS.Timeout }

/** A worker that does not listen by then never will. */
const START_MS = 60_000
/** Beyond what a worker gives itself to stop. */
const MARGIN_MS = 2_000
/** The wait before another begins doubles with each one that ends soon. */
const LEAST_WAIT_MS = 250
const MOST_WAIT_MS = 30_000
const SOON_MS = 60_000

const told = ({ code, signal }: Ending): string => signal ?? `exit code ${code}`

/**
 * Begins as many workers as the settings say, and another wherever one ends by itself. Each reads the settings itself when it begins.
 * What the primary is to answer for all of them, such as added-up metrics, belongs beside this: words that are not ours are let pass.
 *
 * @param load reads the settings
 */
export function startWorkers (load: () => Config, log: Logger): Workers {
  let config = load()
  const alive = new Set<Process>()
  const places: Place[] = []
  let stopping = false
  let replacing: Promise<void> | undefined
  let again = false

  /** @param role whether it begins, or comes in another's place and has to be healthy first: src/server.ts reads it */
  function begin (role: 'new' | 'in place' = 'new'): Process {
    const worker = cluster.fork({ DREAM_AUTH_WORKER: role })
    // A word to one that has just gone fails, which its end tells as well.
    worker.on('error', () => {})
    const timer = setTimeout(() => { worker.process.kill('SIGKILL') }, START_MS)
    const ended = new Promise<Ending>(resolve => {
      worker.once('exit', (code: number | null, signal: string | null) => { resolve({ code, signal }) })
      worker.process.once('error', () => { if (worker.process.pid === undefined) resolve({ code: null, signal: 'no process' }) })
    })
    const listens = Promise.race([new Promise<boolean>(resolve => { worker.once('listening', () => { resolve(true) }) }), ended.then(() => false)])
    const process = { worker, listens, ended, patienceMs: (config.SHUTDOWN_DELAY + config.SHUTDOWN_GRACE) * 1000 + MARGIN_MS }
    alive.add(process)
    listens.then(able => {
      clearTimeout(timer)
      if (able) log.info({ worker: worker.process.pid }, 'worker listens')
    })
    ended.then(() => { alive.delete(process) })
    return process
  }

  function occupy (place: Place, process: Process): void {
    const since = performance.now()
    place.process = process
    process.ended.then(ending => {
      if (stopping || place.process !== process) return
      delete place.process
      if (performance.now() - since > SOON_MS) place.failures = 0
      const wait = Math.min(MOST_WAIT_MS, LEAST_WAIT_MS * 2 ** place.failures++)
      log.error({ worker: process.worker.process.pid, ...ending }, `worker ended by itself (${told(ending)}): another begins in ${wait} ms`)
      place.timer = setTimeout(() => { occupy(place, begin()) }, wait)
    })
  }

  /** @returns whether it finished what was under way */
  async function dismiss ({ worker, listens, ended, patienceMs }: Process, word: Word): Promise<boolean> {
    const timer = setTimeout(() => { worker.process.kill('SIGKILL') }, patienceMs)
    const tell = (): void => { if (worker.isConnected()) worker.send(word) }
    tell()
    // One that has only just begun may not have heard.
    listens.then(tell)
    const { code } = await ended
    clearTimeout(timer)
    return code === 0
  }

  async function start (): Promise<boolean> {
    const first = begin()
    if (!await first.listens) {
      const ending = await first.ended
      if (!stopping && ending.signal !== null) log.fatal(`the first worker ended before it listened (${told(ending)})`)
      return stopping
    }
    for (let i = 0; i < config.WORKERS; i++) {
      if (stopping) break
      const place: Place = { failures: 0 }
      places.push(place)
      occupy(place, i === 0 ? first : begin())
    }
    return true
  }

  async function vacate (place: Place): Promise<void> {
    clearTimeout(place.timer)
    const former = place.process
    delete place.process
    if (former !== undefined) await dismiss(former, 'make room')
  }

  /** One after another: the new one serves before the old one stops. The first that cannot ends it. */
  async function replaceOneByOne (): Promise<void> {
    if (stopping) return
    try {
      config = load()
    } catch (error) {
      return log.error(`the workers go on with the settings they have: ${error instanceof ConfigError ? error.message : String(error)}`)
    }
    log.info(`replacing ${places.length} workers by ${config.WORKERS}`)
    for (let i = 0; i < config.WORKERS; i++) {
      const next = begin('in place')
      if (!await next.listens) {
        if (!stopping) log.error(`a new worker could not start (${told(await next.ended)}): those not replaced yet go on`)
        return
      }
      if (stopping) return
      const place = places[i] ?? { failures: 0 }
      const former: Place = { ...place }
      places[i] = place
      place.failures = 0
      clearTimeout(place.timer)
      occupy(place, next)
      await vacate(former)
    }
    await Promise.all(places.splice(config.WORKERS).map(vacate))
    if (!stopping) log.info('every worker is replaced')
  }

  async function replaceAll (): Promise<void> {
    again = true
    replacing ??= started.then(async () => {
      // Settings that changed meanwhile are those that count.
      for (; again; await replaceOneByOne()) again = false
      replacing = undefined
    })
    await replacing
  }

  const started = start()

  return {
    started,
    replaceAll,
    async stop () {
      stopping = true
      for (const { timer } of places) clearTimeout(timer)
      const finished = await Promise.all([...alive].map(process => dismiss(process, 'stop')))
      return !finished.includes(false)
    },
    kill () { for (const { worker } of alive) worker.process.kill('SIGKILL') }
  }
}
