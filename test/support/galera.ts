import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { find, freePort, serve, type Service } from './services.ts'

const PROVIDER = '/usr/lib/galera/libgalera_smm.so'
/** Users that the nodes let in. */
const USERS = ["CREATE USER IF NOT EXISTS 'haproxy'@'127.0.0.1'", "CREATE USER IF NOT EXISTS 'dream'@'127.0.0.1' IDENTIFIED BY 'dream'", "GRANT ALL ON dream.* TO 'dream'@'127.0.0.1'"]

export interface Node {
  port: number
  service: () => Service
  /** Starts it again, with the data it has, and waits until it has caught up. */
  rejoin: () => Promise<void>
  rows: (statement: string) => Promise<RowDataPacket[]>
}

/** Three nodes of Galera on this machine, with their own data. */
export async function startGalera (folder: string, options: { suspectSeconds: number }, started: (node: Node) => void): Promise<Node[]> {
  const nodes: Node[] = []
  const places = await Promise.all([0, 1, 2].map(async () => ({ port: await freePort(), group: await freePort(), ist: await freePort(), sst: await freePort() })))
  const members = places.map(({ group }) => `127.0.0.1:${group}`).join()
  const { suspectSeconds: s } = options
  const timing = `evs.keepalive_period=PT${s / 5}S;evs.inactive_check_period=PT${s / 10}S;evs.suspect_timeout=PT${s}S;evs.inactive_timeout=PT${s * 3}S;evs.install_timeout=PT${s * 3}S`

  async function start (i: number, first: boolean): Promise<Service> {
    const place = places[i]
    if (place === undefined) throw new Error('no such node')
    const data = join(folder, `node-${i}`)
    // The transfer of a node's data runs a daemon that root would run as nobody.
    const { username } = userInfo()
    const owner = username === 'root' ? 'mysql' : username
    const user = `--user=${owner}`
    if (!existsSync(data)) {
      mkdirSync(data)
      chmodSync(folder, 0o755)
      if (username === 'root') spawnSync('chown', [owner, data])
      const made = spawnSync(find('mariadb-install-db') ?? 'mysql_install_db', ['--no-defaults', `--datadir=${data}`, user, '--skip-test-db', '--auth-root-authentication-method=normal'], { encoding: 'utf8' })
      if (made.status !== 0) throw new Error(`${made.stdout}${made.stderr}`)
    }
    const socket = join(data, 'mysql.sock')
    return serve(find('mariadbd') ?? 'mariadbd', [
      '--no-defaults', user, `--datadir=${data}`, `--socket=${socket}`, `--port=${place.port}`, '--bind-address=127.0.0.1', `--pid-file=${join(data, 'mysql.pid')}`,
      `--log-error=${join(data, 'mysql.log')}`, '--skip-name-resolve', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=64M', '--max-connections=300',
      '--wsrep-on=ON', `--wsrep-provider=${PROVIDER}`, '--binlog-format=ROW', '--innodb-autoinc-lock-mode=2', '--wsrep-cluster-name=dream',
      `--wsrep-cluster-address=gcomm://${first ? '' : members}`, '--wsrep-node-address=127.0.0.1', `--wsrep-node-name=node${i + 1}`,
      '--wsrep-sst-method=rsync', `--wsrep-sst-receive-address=127.0.0.1:${place.sst}`, '--wsrep-sync-wait=1', '--wsrep-retry-autocommit=0',
      `--wsrep-provider-options=base_host=127.0.0.1;base_port=${place.group};gmcast.listen_addr=tcp://127.0.0.1:${place.group};ist.recv_addr=127.0.0.1:${place.ist};${timing}`,
      ...(first ? ['--wsrep-new-cluster'] : [])
    ], place.port, () => spawnSync(find('mariadb') ?? 'mysql', ['--no-defaults', `--socket=${socket}`, '-uroot', '-e', "SHOW STATUS LIKE 'wsrep_local_state_comment'"], { encoding: 'utf8' }).stdout.includes('Synced'))
  }

  for (const [i, { port }] of places.entries()) {
    let service = await start(i, i === 0)
    const node: Node = {
      port,
      service: () => service,
      async rejoin () {
        // A transfer of data may fail, which ends the node: whoever supervises it begins it again.
        for (let tries = 3; ; tries--) {
          try {
            service = await start(i, false)
            return
          } catch (error) {
            if (tries === 1) throw error
          }
        }
      },
      async rows (statement) {
        const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' })
        try {
          const [rows] = await connection.query<RowDataPacket[]>(statement)
          return rows
        } finally {
          connection.destroy()
        }
      }
    }
    nodes.push(node)
    started(node)
    if (i === 0) for (const statement of USERS) await nodes[0]?.rows(statement)
  }
  return nodes
}
