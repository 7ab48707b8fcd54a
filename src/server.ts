#!/usr/bin/env node
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { announceMode, announcePages } from './announce.ts'
import { buildApp } from './app.ts'
import { ConfigError, errorCode, loadConfig, type Config } from './config.ts'
import { createLog } from './log.ts'

/** Requests under way get most of it (plugins/drain.ts); then events are written and connections closed. */
const STOP_MS = 13_000

/** Readable on a terminal, JSON for a machine. */
async function openLog ({ LOG_LEVEL }: Config): Promise<Logger> {
  if (!process.stdout.isTTY) return createLog(LOG_LEVEL)
  const { default: pretty } = await import('pino-pretty')
  return createLog(LOG_LEVEL, pretty({ ignore: 'pid,hostname,reqId', translateTime: 'SYS:HH:MM:ss' }))
}

/** Stops the start with one line that an operator can act upon. */
function refuse (reason: string): never {
  process.stderr.write(`dream-auth cannot start: ${reason}\n`)
  process.exit(1)
}

async function start (): Promise<void> {
  const config = loadConfig(process.env, '.env')
  const log = await openLog(config)
  announceMode(config, log)
  const app = await buildApp(config, {}, log)
  closeWithGrace({ delay: STOP_MS, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'unexpected error')
    else log.info(`${signal ?? 'close'}: finishing what is under way`)
    await app.close()
  })
  await app.listen({ host: config.HOST, port: config.PORT, listenTextResolver: address => `Address  ${address}` })
  announcePages(config, app, log)
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
