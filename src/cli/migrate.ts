import { buildApp } from '../app.ts'
import { ConfigError, loadConfig } from '../config.ts'
import { createLog } from '../log.ts'

// `npm run migrate`: brings the database up to date and ends, for deployments that start with DB_MIGRATE=false.
try {
  const config = { ...loadConfig(process.env, '.env'), DB_MIGRATE: true }
  const app = await buildApp(config, {}, createLog('info'))
  const { key } = await app.health()
  await app.close()
  if (key === 'DatabaseUnavailable') throw new ConfigError('the database is not reachable')
  process.stdout.write('The database is up to date.\n')
} catch (error) {
  process.stderr.write(`migrate: ${error instanceof ConfigError ? error.message : String(error)}\n`)
  process.exitCode = 1
}
