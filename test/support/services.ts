import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { setPriority, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../src/root.ts'

/** A test, or what else ends at some time. */
export interface Ending { teardown: (end: () => unknown) => void }

/** A server of this run alone, and how to end it. */
export interface Service { port: number, pid: number, stop: () => Promise<void> }

const PATIENCE_MS = 60_000

/** Where a program is, on the path or among those for administrators. */
export function find (program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.map(folder => join(folder, program)).find(file => existsSync(file))
}

/** Below those that systems give by themselves to whoever connects or listens, and might give away until the port is used. */
const PORTS = [10_000, 32_768] as const

/** A port on which nobody listens. */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => { resolve(false) })
      server.listen(port, '127.0.0.1', () => { resolve(true) })
    })
    if (!isFree) continue
    await new Promise(resolve => { server.close(resolve) })
    return port
  }
}

/** Has a server of ours listen, as soon as nobody else does there, such as another run of the tests. */
export async function listening (server: Server, port: number): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    const failure = await new Promise<Error | undefined>(resolve => {
      const failed = (error: Error): void => { resolve(error) }
      server.once('error', failed)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', failed)
        resolve(undefined)
      })
    })
    if (failure === undefined) return
    if (!('code' in failure) || failure.code !== 'EADDRINUSE' || Date.now() > end) throw failure
  }
}

/** Starts a server and waits until `ready` says yes. Nothing it prints is lost when it fails. */
export async function serve (command: string, args: string[], port: number, ready: () => boolean): Promise<Service> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  prefer(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { output = (output + String(chunk)).slice(-4000) })
  for (const end = Date.now() + PATIENCE_MS; !ready(); await sleep(50)) {
    if (child.exitCode === null && Date.now() < end) continue
    child.kill('SIGKILL')
    throw new Error(`${command} did not start:\n${output}`)
  }
  if (child.pid === undefined) throw new Error(`${command} has no process`)
  return { port, pid: child.pid, stop: () => stop(child) }
}

/** They have little to do and everybody waits for them, no longer than a second: on a busy machine they go first, where we may say so. */
function prefer ({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, -10)
  } catch {
    // Root alone may.
  }
}

export async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise(resolve => { child.once('exit', resolve) })
  child.kill('SIGTERM')
  // One that a test has halted hears of it only then.
  child.kill('SIGCONT')
  const timer = setTimeout(() => { child.kill('SIGKILL') }, 5_000)
  await exited
  clearTimeout(timer)
}

/** A file of the certificate that servers of the tests show, and that the tests trust. */
const tls = (name: 'ca.pem' | 'server.pem' | 'server.key'): string => fileURLToPath(new URL(`test/fixtures/tls/${name}`, root))

/** A MariaDB with an empty data folder and a root user without password, on loopback alone, with TLS for who asks for it. Durability is traded for speed. */
export async function startMariadb (folder: string, port?: number): Promise<Service> {
  const server = find('mariadbd') ?? 'mysqld'
  const user = `--user=${userInfo().username}`
  const data = join(folder, 'mysql')
  if (!existsSync(data)) {
    mkdirSync(data)
    const made = spawnSync(find('mariadb-install-db') ?? 'mysql_install_db', ['--no-defaults', `--datadir=${data}`, user, '--skip-test-db', '--auth-root-authentication-method=normal'], { encoding: 'utf8', env: { ...process.env, TMPDIR: folder } })
    if (made.status !== 0) throw new Error(`mariadb-install-db failed:\n${made.stdout}${made.stderr}`)
  }
  const at = port ?? await freePort()
  const socket = join(folder, `mysql-${at}.sock`)
  return serve(server, [
    // A MariaDB that starts removes temporary tables, also those of another that works in the same place.
    '--no-defaults', user, `--tmpdir=${folder}`, `--datadir=${data}`, `--socket=${socket}`, `--port=${at}`, '--bind-address=127.0.0.1', `--pid-file=${join(folder, 'mysql.pid')}`,
    '--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=64M', '--max-connections=500', '--skip-name-resolve',
    `--ssl-ca=${tls('ca.pem')}`, `--ssl-cert=${tls('server.pem')}`, `--ssl-key=${tls('server.key')}`
  ], at, () => spawnSync(find('mariadb-admin') ?? 'mysqladmin', ['--no-defaults', `--socket=${socket}`, '-uroot', 'ping'], { encoding: 'utf8' }).stdout.includes('alive'))
}

/** An empty Redis on loopback alone. Each test takes a database number of its own. */
export async function startRedis (folder: string, port?: number, more: string[] = []): Promise<Service> {
  const at = port ?? await freePort()
  return serve(find('redis-server') ?? 'redis-server', ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--databases', '10000', '--dir', folder, ...more],
    at, () => /PONG|NOAUTH/.test(spawnSync(find('redis-cli') ?? 'redis-cli', ['-p', String(at), 'ping'], { encoding: 'utf8' }).stdout))
}

/** A Redis that speaks nothing but TLS. */
export async function startRedisWithTls (folder: string): Promise<Service> {
  const port = await freePort()
  const files = ['--tls-cert-file', tls('server.pem'), '--tls-key-file', tls('server.key'), '--tls-ca-cert-file', tls('ca.pem')]
  return serve(find('redis-server') ?? 'redis-server', ['--port', '0', '--tls-port', String(port), ...files, '--tls-auth-clients', 'no', '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--databases', '10000', '--dir', folder],
    port, () => spawnSync(find('redis-cli') ?? 'redis-cli', ['--tls', '--cacert', tls('ca.pem'), '-p', String(port), 'ping'], { encoding: 'utf8' }).stdout.includes('PONG'))
}
