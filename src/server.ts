#!/usr/bin/env node
import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { announceMode, announcePages } from './announce.ts'
import { buildApp, type App } from './app.ts'
import { ConfigError, errorCode, loadConfig, type Config } from './config.ts'
import { createLog } from './log.ts'
import type { Exposition } from './metrics/listener.ts'
import { usage } from './usage.ts'

/** How long a worker that comes in another's place may take until it is healthy. */
const HEALTHY_MS = 20_000
const ASK_AGAIN_MS = 250

const settings = (): Config => loadConfig(process.env, '.env')

/** Readable on a terminal, JSON for a machine. */
async function openLog ({ LOG_LEVEL }: Config): Promise<Logger> {
  if (!process.stdout.isTTY) return createLog(LOG_LEVEL)
  const { default: pretty } = await import('pino-pretty')
  return createLog(LOG_LEVEL, pretty({ ignore: 'pid,hostname,reqId', translateTime: 'SYS:HH:MM:ss' }))
}

/**
 * Whether V8 may enlarge the space of what has just been made, as it does where much of it is kept. Of what a start makes nearly all
 * is kept, and the space would stay at 32 MB, mostly empty.
 */
function growYoung (may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`)
}

/** Stops the start with one line that an operator can act upon. */
function refuse (reason: string): never {
  process.stderr.write(`dream-auth cannot start: ${reason}\n`)
  process.exit(1)
}

/** Without a terminal, what SIGHUP tells is not that the terminal has gone. */
function onHangUp (heard: () => void): Array<'SIGHUP'> {
  if (process.stdout.isTTY) return []
  process.on('SIGHUP', heard)
  return ['SIGHUP']
}

async function open (config: Config, log: Logger): Promise<App> {
  return buildApp(config, {}, log)
}

async function listen (app: App, { HOST, PORT }: Config): Promise<void> {
  await app.listen({ host: HOST, port: PORT, listenTextResolver: address => `Address  ${address}` })
  growYoung(true)
}

/** Whatever ends the process: what is under way is finished first, and a second signal does not wait for it. */
function closeInTime (app: App, { SHUTDOWN_DELAY, SHUTDOWN_GRACE }: Config, log: Logger, skip: Array<'SIGHUP' | 'SIGINT' | 'SIGTERM'>): () => void {
  const onTimeout = (ms: number): void => { log.error(`not everything was finished within ${ms / 1000} seconds: the rest is cut off`) }
  const { close } = closeWithGrace({ delay: (SHUTDOWN_DELAY + SHUTDOWN_GRACE) * 1000, logger: log, skip: ['unhandledRejection', ...skip], onTimeout }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'unexpected error: finishing what is under way, as what comes after it is not to be relied on')
    else log.info(`${signal ?? 'told to stop'}: finishing what is under way`)
    await app.close()
  })
  return close
}

/** One process, which is all there is. */
async function serveAlone (config: Config, log: Logger): Promise<void> {
  const app = await open(config, log)
  closeInTime(app, config, log, onHangUp(() => { log.info('SIGHUP: ignored, as there is one process; with WORKERS it replaces them one by one') }))
  // First, as a port that is taken must not cut off who has been let in.
  await listenForScrapes(config, log, async () => app.metrics)
  await listen(app, config)
  announcePages(config, app, log)
}

/** The port of the metrics, which is no client's. */
async function listenForScrapes ({ METRICS_PORT, METRICS_HOST, METRICS_TOKEN, HOST }: Config, log: Logger, metrics: () => Promise<Exposition | null>): Promise<void> {
  if (METRICS_PORT === undefined) return
  const [exposition, { serveMetrics }] = await Promise.all([metrics(), import('./metrics/listener.ts')])
  if (exposition === null) return
  // What needs no token is for this machine, unless it is said who else may come.
  const host = METRICS_HOST ?? (METRICS_TOKEN === undefined ? '127.0.0.1' : HOST)
  const { url } = await serveMetrics(exposition, { host, port: METRICS_PORT, token: METRICS_TOKEN }, error => { log.error({ err: error }, 'the metrics could not be read') })
  log.info(`Metrics  ${url}`)
}

/**
 * One of several processes. It heeds its primary alone, as terminals and supervisors send a signal to all of them at once, and
 * stops when that is gone.
 */
async function serveAsWorker (config: Config, log: Logger, worker: Worker): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => {})
  let stop = (): void => { process.exit(0) }
  worker.on('message', word => { if (word === 'stop' || word === 'make room') stop() })

  const app = await open(config, log)
  // Unless all stop, others serve where this one did.
  app.replaced = true
  const close = closeInTime(app, config, log, ['SIGHUP', 'SIGINT', 'SIGTERM'])
  worker.prependListener('message', word => { if (word === 'stop') app.replaced = false })
  stop = () => {
    stop = () => {}
    close()
  }
  worker.on('disconnect', () => {
    // Or Node would end the process here and now.
    worker.exitedAfterDisconnect = true
    stop()
  })

  if (process.env.DREAM_AUTH_WORKER === 'in place') await untilHealthy(app)
  await listen(app, config)
  if (worker.id === 1) announcePages(config, app, log)
}

/** A worker that comes in another's place takes no request that it could not serve. */
async function untilHealthy (app: App): Promise<void> {
  for (const end = performance.now() + HEALTHY_MS; (await app.health()).key !== 'Success'; await sleep(ASK_AGAIN_MS)) {
    if (performance.now() > end) throw new ConfigError(`database or Redis could not be used within ${HEALTHY_MS / 1000} seconds`)
  }
}

/** The process that begins the others and answers nothing itself. */
async function supervise (config: Config, log: Logger): Promise<void> {
  await listenForScrapes(config, log, async () => (await import('./metrics/gather.ts')).gatherFromWorkers())
  const { startWorkers } = await import('./workers.ts')
  const workers = startWorkers(settings, log)
  const skip = onHangUp(() => { workers.replaceAll() })
  const onSecondSignal = (signal: string): void => {
    log.error(`second ${signal}, exiting`)
    workers.kill()
  }
  closeWithGrace({ delay: false, logger: log, skip: ['unhandledRejection', ...skip], onSecondSignal }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'unexpected error: finishing what is under way, as what comes after it is not to be relied on')
    else log.info(`${signal ?? 'close'}: every worker finishes what is under way`)
    if (await workers.stop()) return
    log.error('a worker was ended before it could finish')
    process.exit(1)
  })
  if (!await workers.started) process.exit(1)
}

async function start (): Promise<void> {
  growYoung(false)
  const answer = usage(process.argv.slice(2))
  if (answer !== undefined) {
    process[answer.exitCode === 0 ? 'stdout' : 'stderr'].write(answer.text)
    process.exit(answer.exitCode)
  }
  const config = settings()
  const log = await openLog(config)
  // One request or one task has failed, and no reason to fail the others. An exception that nobody caught is another matter.
  process.on('unhandledRejection', error => { log.error({ err: error }, 'a failure that nobody waited for: the service goes on') })
  // Set by src/workers.ts; a process that is alone need not load what several are made with.
  const worker = process.env.DREAM_AUTH_WORKER === undefined ? undefined : (await import('node:cluster')).default.worker
  if (worker !== undefined) return serveAsWorker(config, log, worker)
  announceMode(config, log)
  return config.WORKERS > 1 ? supervise(config, log) : serveAlone(config, log)
}

start().catch((error: unknown) => {
  if (error instanceof ConfigError) refuse(error.message)
  switch (errorCode(error)) {
    case 'EADDRINUSE': return refuse('PORT is in use by another program')
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND': return refuse('HOST is not an address of this machine')
    case 'EACCES': return refuse('PORT needs rights that this user does not have')
  }
  refuse(error instanceof Error ? error.stack ?? error.message : String(error))
})
