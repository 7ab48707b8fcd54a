import type { FastifyBaseLogger } from 'fastify'
import type { App } from './app.ts'
import type { Config } from './config.ts'

type Log = Pick<FastifyBaseLogger, 'info'>

/** The first line of the log: what runs here. */
export function announceMode ({ mode, DATA_DIR, DB_NAME, DB_HOST }: Config, log: Log): void {
  log.info(mode === 'embedded'
    ? `Dream Auth in embedded mode, data in ${DATA_DIR} (set DB_HOST for server mode)`
    : `Dream Auth in server mode, database ${DB_NAME} on ${DB_HOST}`)
}

/** Once the service listens: where to look next. */
export function announcePages ({ HOST, PORT, ACCOUNT_PAGES, production }: Config, app: App, log: Log): void {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : PORT
  const name = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST.includes(':') ? `[${HOST}]` : HOST
  log.info(`Docs     http://${name}:${port}/docs`)
  if (ACCOUNT_PAGES) log.info(`Account  http://${name}:${port}/account`)
  if (app.mailbox !== null && !production) log.info(`Mailbox  http://${name}:${port}/dev/mailbox (development: mails stay here)`)
}
