import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { App } from './app.ts'
import type { Config } from './config.ts'

/** The first lines of the log: what runs here, and where to look next. */
export function announce (config: Config, app: App, log: Pick<FastifyBaseLogger, 'info'>): void {
  const address = app.server.address()
  const url = urlOf(config.HOST, typeof address === 'object' && address !== null ? address : { port: config.PORT })
  log.info(config.mode === 'embedded'
    ? `Dream Auth in embedded mode, data in ${config.DATA_DIR} (set DB_HOST for server mode)`
    : `Dream Auth in server mode, database ${config.DB_NAME} on ${config.DB_HOST}`)
  log.info(`Address  ${url}`)
  log.info(`Docs     ${url}/docs`)
  if (app.mailbox !== null && !config.production) log.info(`Mailbox  ${url}/dev/mailbox (development: mails stay here)`)
}

function urlOf (host: string, { port }: Pick<AddressInfo, 'port'>): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
