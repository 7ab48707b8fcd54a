#!/usr/bin/env node
import closeWithGrace from 'close-with-grace'
import { pino, type Logger } from 'pino'
import { buildApp } from './app.ts'
import { ConfigError, loadConfig, type Config } from './config.ts'
import { announce } from './announce.ts'

const DRAIN_MS = 10_000

function openLog (config: Config): Promise<Logger> | Logger {
  const options = { level: config.LOG_LEVEL, base: { pid: process.pid } }
  return process.stdout.isTTY
    ? import('pino-pretty').then(({ default: pretty }) => pino(options, pretty({ ignore: 'pid,reqId', translateTime: 'SYS:HH:MM:ss' })))
    : pino(options)
}

/** Stops the start with one line that an operator can act upon. */
function refuse (reason: string): never {
  process.stderr.write(`dream-auth cannot start: ${reason}\n`)
  process.exit(1)
}

async function start (): Promise<void> {
  const config = loadConfig(process.env, '.env')
  const log = await openLog(config)
  const app = await buildApp(config, {}, { instance: log })
  closeWithGrace({ delay: DRAIN_MS, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'unexpected error')
    else log.info(`${signal ?? 'close'}: finishing what is under way`)
    await app.close()
  })
  await app.listen({ host: config.HOST, port: config.PORT, listenTextResolver: () => 'listening' })
  announce(config, app, log)
}

start().catch((error: unknown) => {
  if (error instanceof ConfigError) refuse(error.message)
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') refuse('PORT is in use by another program')
  if (error instanceof Error && 'code' in error && (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')) refuse('HOST is not an address of this machine')
  if (error instanceof Error && 'code' in error && error.code === 'EACCES') refuse('PORT needs rights that this user does not have')
  refuse(error instanceof Error ? error.stack ?? error.message : String(error))
})
