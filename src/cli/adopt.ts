import { setPriority } from 'node:os'
import { parseArgs } from 'node:util'
import { buildApp } from '../app.ts'
import { Failure } from '../catalogue.ts'
import { ConfigError, loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import type { Adopted } from '../adoption.ts'
import { isInner, type Inner } from '../phc.ts'

// `npm run adopt -- --from sha256|sm3|any`: stretches the password hashes of the service's forerunner, without their passwords.

const USAGE = `Usage: npm run adopt -- --from sha256|sm3|any [--relabel]
       node dist/adopt.js --from sha256|sm3|any [--relabel]

  --from sha256  the table holds hex SHA-256 of what clients sent
  --from sm3     it holds SM3: of what clients sent, or the digest that they sent
  --from any     both, or nobody knows which
  --relabel      also corrects hashes that were adopted with the wrong --from

Safe to interrupt and to run again. Settings are those of the service.`

const LOWEST = 19
const BAR = 30
const REDRAW_MS = 200
const LINE_MS = 10_000

const count = (accounts: number): string => accounts.toLocaleString('en')

function optionsOf (args: string[]): { from: Inner, relabel: boolean } | undefined {
  try {
    const { values: { from, relabel = false } } = parseArgs({ args, options: { from: { type: 'string' }, relabel: { type: 'boolean' } } })
    return isInner(from) ? { from, relabel } : undefined
  } catch {
    return undefined
  }
}

/** A bar on a terminal, else a line now and then. */
function createProgress (): (adopted: Adopted, id: number, highest: number) => void {
  const start = performance.now()
  const every = process.stdout.isTTY ? REDRAW_MS : LINE_MS
  let next = start + every
  return ({ wrapped }, id, highest) => {
    const now = performance.now()
    if (now < next) return
    next = now + every
    const share = Math.min(1, id / Math.max(1, highest))
    const seconds = (now - start) / 1000
    const left = Math.ceil(seconds / Math.max(share, 0.001) * (1 - share) / 60)
    const line = `${Math.floor(share * 100)} %  ${count(wrapped)} wrapped, ${(wrapped / seconds).toFixed(1)} a second, about ${left} min left`
    process.stdout.write(process.stdout.isTTY ? `\r[${'#'.repeat(Math.round(share * BAR)).padEnd(BAR)}] ${line} \u001B[K` : `${line}\n`)
  }
}

function report ({ wrapped, relabelled, overtaken, upToDate, unreadable, unreadableIds }: Adopted, seconds: number, interrupted: boolean): void {
  process.stdout.write(`${process.stdout.isTTY ? '\r\u001B[K' : ''}${[
    interrupted ? 'Interrupted; run it again to go on where it stopped.' : 'Every account has been looked at.',
    `${count(wrapped)} wrapped (${(wrapped / seconds).toFixed(1)} a second), ${count(relabelled)} relabelled, ${count(overtaken)} changed by their owners meanwhile, ${count(upToDate)} stretched already`,
    ...(unreadable > 0 ? [`${count(unreadable)} hold something that is no hash of either service, so their owners need a password reset: UserID ${unreadableIds.join(', ')}${unreadable > unreadableIds.length ? ' …' : ''}`] : [])
  ].join('\n')}\n`)
}

function reasonOf (error: unknown): string {
  if (error instanceof Failure && error.key === 'DatabaseUnavailable') return 'the database is not reachable'
  return error instanceof ConfigError ? error.message : String(error)
}

async function adopt (from: Inner, relabel: boolean): Promise<void> {
  // A service on the same machine goes first: what this process starts is as patient.
  setPriority(LOWEST)
  const app = await buildApp(loadConfig(process.env, '.env'), {}, createLog('warn'))
  const interrupt = new AbortController()
  process.once('SIGINT', () => { interrupt.abort() })
  process.once('SIGTERM', () => { interrupt.abort() })
  try {
    const start = performance.now()
    const adopted = await app.adoptHashes({ from, relabel, signal: interrupt.signal, progress: createProgress() })
    report(adopted, (performance.now() - start) / 1000, interrupt.signal.aborted)
  } finally {
    await app.close()
  }
}

const options = optionsOf(process.argv.slice(2))
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = 1
} else {
  try {
    await adopt(options.from, options.relabel)
  } catch (error) {
    process.stderr.write(`adopt: ${reasonOf(error)}\n`)
    process.exitCode = 1
  }
}
