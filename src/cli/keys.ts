import { parseArgs } from 'node:util'
import { ConfigError, errorCode, loadConfig, type Config } from '../config.ts'
import { ALGORITHMS, KeyError, secretId, type Algorithm } from '../keys/key.ts'
import { locked, readKeyFile, writeKeyFile } from '../keys/key-file.ts'
import { createKeySet, PICKUP_SECONDS, revokeKey, rotateKeySet, secondsToSettle, type KeySet } from '../keys/key-set.ts'
import { lifetimeSeconds } from '../lifetime.ts'
import { keysTable, shownKeys, type ShownKey } from './keys-table.ts'

// `npm run keys -- rotate`: makes, rotates, lists and revokes the keys that sign tokens. No service has to be restarted.

const USAGE = `Usage: npm run keys -- list|create|rotate|revoke <kid> [--algorithm ${ALGORITHMS.join('|')}] [--force] [--json]
       node dist/keys.js …

  list          shows the keys, and nothing secret of them
  create        makes the first keys, for a service that is not running yet
  rotate        the next key signs, the current one is accepted until its tokens have expired, a new next one is made;
                where there is no file, makes the first keys, which sign ${PICKUP_SECONDS} seconds later
  revoke <kid>  drops a key that somebody else has got hold of: tokens that it signed end at once
  --algorithm   what new keys are for: JWT_ALGORITHM, or what the newest key is for, unless said
  --force       rotates although the next key is too new to be known everywhere
  --json        for programs

Safe to interrupt. Settings are those of the service, JWT_KEYS_FILE above all.`

const COMMANDS = ['list', 'create', 'rotate', 'revoke'] as const
interface Order { command: typeof COMMANDS[number], kid: string, algorithm: Algorithm | undefined, force: boolean, json: boolean }

function orderOf (args: string[]): Order | undefined {
  try {
    const { values: { algorithm: named, force = false, json = false }, positionals: [name, kid = '', ...more] } = parseArgs({
      args, allowPositionals: true, options: { algorithm: { type: 'string' }, force: { type: 'boolean' }, json: { type: 'boolean' } }
    })
    const command = COMMANDS.find(each => each === name)
    const algorithm = ALGORITHMS.find(each => each === named)
    if (command === undefined || more.length > 0 || (command === 'revoke') !== (kid !== '') || algorithm !== named) return undefined
    return { command, kid, algorithm, force, json }
  } catch {
    return undefined
  }
}

interface Result { set: KeySet | undefined, said: string }

/** Carries an order out under the lock. @throws {ConfigError} with what stands in its way */
async function change (file: string, config: Config, { command, kid, algorithm, force }: Order): Promise<Result> {
  const set = (await readKeyFile(file))?.set
  const [next, current] = (['next', 'current'] as const).map(state => set?.keys.find(key => key.state === state))
  const now = Math.floor(Date.now() / 1_000)
  const moment = { now, lifetime: lifetimeSeconds(config.JWT_EXPIRES_IN), alg: algorithm ?? config.JWT_ALGORITHM ?? next?.alg ?? current?.alg ?? 'HS256' }
  const put = (changed: KeySet, said: string): Result => {
    writeKeyFile(file, changed)
    return { set: changed, said }
  }

  if (command === 'list') return { set, said: set === undefined ? 'There is no key file: JWT_SECRET_KEY signs.' : '' }
  if (set === undefined) {
    if (command === 'revoke') throw new ConfigError('there is no key file yet, and JWT_SECRET_KEY signs: make the first keys with "rotate", then revoke the old one')
    const wait = command === 'create' ? 0 : PICKUP_SECONDS
    return put(createKeySet(config.JWT_SECRET_KEY, moment, wait), wait === 0 ? 'Created.' : `Created. The first key signs in ${wait} seconds; running processes that have this JWT_KEYS_FILE will know it by then.`)
  }
  switch (command) {
    case 'create': throw new ConfigError('there is a key file already; "rotate" brings a new key in')
    case 'rotate': {
      const left = secondsToSettle(set, now)
      if (left > 0 && !force) throw new ConfigError(`the next key is too new to be known everywhere: try again in ${left} seconds, or use --force if nobody else checks tokens by the published keys`)
      const said = next !== undefined && next.alg !== moment.alg
        ? `Rotated. The new next key is for ${moment.alg}: it signs after another rotation.`
        : 'Rotated. Nobody is logged out by it.'
      return put(rotateKeySet(set, moment), said)
    }
    case 'revoke': {
      const left = revokeKey(set, kid, moment)
      if (left === undefined) throw new ConfigError('there is no key of this id: "list" shows them')
      const also = kid === secretId(config.JWT_SECRET_KEY) ? ' Set another JWT_SECRET_KEY too: codes are kept under it.' : ''
      return put(left, `Revoked. Tokens that it signed end within a few seconds: their holders log in again.${also}`)
    }
  }
}

function show ({ set, said }: Result, { JWT_SECRET_KEY }: Config, json: boolean): void {
  const ofSecret: ShownKey = { kid: secretId(JWT_SECRET_KEY), alg: 'HS256', state: 'current', secret: 'JWT_SECRET_KEY' }
  const keys = set === undefined ? [ofSecret] : shownKeys(set)
  const text = json ? JSON.stringify({ keys }, null, 2) : [said, keysTable(keys, Date.now() / 1_000)].filter(part => part !== '').join('\n\n')
  process.stdout.write(`${text}\n`)
}

function reasonOf (error: unknown): string {
  if (error instanceof ConfigError) return error.message
  return `JWT_KEYS_FILE ${error instanceof KeyError ? error.message : `cannot be used (${errorCode(error)})`}`
}

async function run (order: Order): Promise<void> {
  const config = loadConfig(process.env, '.env')
  const file = config.JWT_KEYS_FILE
  if (file === undefined) throw new ConfigError('JWT_KEYS_FILE is missing: say where the keys are to lie')
  const result = order.command === 'list' ? await change(file, config, order) : await locked(file, () => change(file, config, order))
  show(result, config, order.json)
}

const order = orderOf(process.argv.slice(2))
if (order === undefined) {
  process.stderr.write(`${USAGE}\n`)
  process.exitCode = 1
} else {
  try {
    await run(order)
  } catch (error) {
    process.stderr.write(`keys: ${reasonOf(error)}\n`)
    process.exitCode = 1
  }
}
