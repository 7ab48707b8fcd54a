import { existsSync } from 'node:fs'
import { join } from 'node:path'
import smCrypto from 'sm-crypto'
import { FolderInUseError } from '../../plugins/database.sqlite.ts'
import { buildApp, type App } from '../app.ts'
import { Failure, type Key } from '../catalogue.ts'
import { ConfigError, loadConfig, type Config } from '../config.ts'
import { isDigest } from '../legacy-hash.ts'
import { createLog } from '../log.ts'
import { askForPassword, confirm, generatedPassword } from './terminal.ts'
import { commandOf, USAGE, UsageError, type Command } from './user-command.ts'
import { changed, created, deleted, listed, named, shown } from './user-output.ts'

// `npm run user -- …`: what administrators do, from a shell.

const PASSWORD_LENGTH = { least: 8, most: 128 }

/** What the catalogue says, in the words of a shell. */
const REASONS: Partial<Record<Key, string>> = {
  UserNotFound: 'no such account',
  Forbidden: 'it is the last super administrator: make another one first',
  DatabaseUnavailable: 'the database is not reachable',
  CacheUnavailable: 'Redis is not reachable: nothing was deleted, as codes and counters of the account are there',
  BadRequest: 'the password is a common one, or too close to the address or name: choose another'
}

function reasonOf (error: unknown): string {
  if (error instanceof FolderInUseError) return 'the service is running, and holds codes and counters of the account in its process: use DELETE /Admin/Users/{UserID}, or stop the service first'
  if (error instanceof Failure) return error.key === 'UserExists' ? `the ${error.fields.Field === 'Name' ? 'name' : 'e-mail'} is taken` : REASONS[error.key] ?? error.message
  return error instanceof Error && (error instanceof ConfigError || error instanceof UsageError) ? error.message : String(error)
}

/** As a client sends it. */
async function passwordOf (read: boolean): Promise<{ sent: string, made?: string }> {
  if (!read) {
    const made = generatedPassword()
    return { sent: smCrypto.sm3(made), made }
  }
  const typed = await askForPassword()
  if (typed.length < PASSWORD_LENGTH.least || typed.length > PASSWORD_LENGTH.most) throw new UsageError('a password has 8 to 128 characters')
  return { sent: isDigest(typed) ? typed : smCrypto.sm3(typed) }
}

/** Carries a command out. Returns what is to be printed. */
async function run ({ administration, enrol }: App, command: Command): Promise<string> {
  const { json } = command
  switch (command.does) {
    case 'list': return listed(await administration.list(command, command), json)
    case 'create': {
      const { sent, made } = await passwordOf(command.readPassword)
      const id = await enrol({ Email: command.email, Name: command.name, Password: sent, role: command.role })
      return created(await administration.find({ id }), made, json)
    }
  }
  const account = await administration.find(command.account)
  const { id } = account
  switch (command.does) {
    case 'show': return shown(account, (await administration.show(id)).sessions, json)
    case 'grant': return changed(await administration.change(id, { role: command.role }, 'shell'), `Account ${named(account)} is now ${command.role}.`, json)
    case 'disable': return changed(await administration.change(id, { disabled: true }, 'shell'), `Account ${named(account)} is disabled, and its sessions have ended.`, json)
    case 'enable': return changed(await administration.change(id, { disabled: false }, 'shell'), `Account ${named(account)} is enabled.`, json)
    case 'revoke': return changed(await administration.revokeSessions(id, 'shell'), `Every session of account ${named(account)} has ended.`, json)
    case 'delete': {
      if (!command.confirmed && !await confirm(`Account ${named(account)} and all that is kept about its owner will be deleted for good.`)) throw new UsageError('not confirmed: nothing was deleted')
      await administration.remove(id, 'shell')
      return deleted(account, json)
    }
  }
}

const CHANGES: ReadonlyArray<Command['does']> = ['grant', 'disable', 'enable', 'revoke', 'delete']

async function user (command: Command, config: Config): Promise<void> {
  // Its log would be lines of a service that nobody asked for.
  const app = await buildApp(config, { beside: { claim: command.does === 'delete' } }, createLog('silent'))
  try {
    process.stdout.write(await run(app, command))
    if (config.mode === 'server' && CHANGES.includes(command.does) && app.redis.status !== 'ready') {
      process.stderr.write('user: Redis is not reachable from here. The change is stored; a service that does reach Redis may take a minute to notice.\n')
    }
  } finally {
    await app.close()
  }
}

/** A folder that was never used is most likely not the one that was meant. */
function refuseUnused ({ does }: Command, { mode, DATA_DIR }: Config): void {
  if (mode === 'embedded' && does !== 'create' && !existsSync(join(DATA_DIR, 'dream.db'))) throw new ConfigError(`DATA_DIR (${DATA_DIR}) holds no database of this service: give this command the settings that the service has`)
}

const [first] = process.argv.slice(2)
try {
  if (first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(`${USAGE}\n`)
  } else {
    const [command, config] = [commandOf(process.argv.slice(2)), loadConfig(process.env, '.env')]
    refuseUnused(command, config)
    await user(command, config)
  }
} catch (error) {
  process.stderr.write(error instanceof UsageError && error.message === '' ? `${USAGE}\n` : `user: ${reasonOf(error)}\n`)
  process.exitCode = 1
}
