import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { Role } from '../accounts.ts'
import { canonicalEmail, canonicalName, isEmail } from '../canonical.ts'
import { Name } from '../schemas.ts'

export const USAGE = `Usage: npm run user -- <command> [--json]
       node dist/user.js <command> [--json]

  create --email <e-mail> --name <name> [--admin] [--password-stdin]
                            makes an account, without a mailed code; shows a password made for it,
                            unless one is read from standard input
  grant <account> --role super_admin|user
                            changes the role
  disable <account>         ends its sessions; it may not log in any more
  enable <account>          it may log in again
  revoke <account>          ends its sessions; it may log in again
  delete <account> [--yes]  erases it and all that is kept about its owner, for good
  show <account>            the account and its sessions
  list [--search <how e-mail or name begins>] [--role super_admin|user] [--disabled]
       [--limit <1 to 100>] [--after <UserID>]

<account> is an e-mail or a UserID. Settings are those of the service, which may be running.`

/** An account as somebody names it. */
export type Named = { id: number } | { email: string }

export type Command = { json: boolean } & (
  | { does: 'create', email: string, name: string, role: Role, readPassword: boolean }
  | { does: 'grant', account: Named, role: Role }
  | { does: 'disable' | 'enable' | 'revoke' | 'show', account: Named }
  | { does: 'delete', account: Named, confirmed: boolean }
  | { does: 'list', search: string | undefined, role: Role | undefined, disabled: boolean | undefined, limit: number, after: number | undefined }
)

/** What was typed makes no sense. Without a message: the usage says it all. */
export class UsageError extends Error {}

const USER_ID = /^[1-9][0-9]{0,9}$/
const LIMIT = /^([1-9][0-9]?|100)$/

const OPTIONS = {
  create: { email: { type: 'string' }, name: { type: 'string' }, admin: { type: 'boolean' }, 'password-stdin': { type: 'boolean' } },
  grant: { role: { type: 'string' } },
  disable: {},
  enable: {},
  revoke: {},
  delete: { yes: { type: 'boolean' } },
  show: {},
  list: { search: { type: 'string' }, role: { type: 'string' }, disabled: { type: 'boolean' }, limit: { type: 'string' }, after: { type: 'string' } }
} satisfies Record<Command['does'], NonNullable<ParseArgsConfig['options']>>

const isCommand = (word: string | undefined): word is Command['does'] => word !== undefined && Object.hasOwn(OPTIONS, word)

/** @throws {UsageError} for what is none */
export function commandOf (args: string[]): Command {
  const [does, ...rest] = args
  if (!isCommand(does)) throw new UsageError(does === undefined ? '' : `no such command: ${does}; "npm run user -- --help" lists them`)
  const { values, positionals } = parsed(rest, OPTIONS[does])
  const text = (name: string): string | undefined => typeof values[name] === 'string' ? values[name] : undefined
  const json = values.json === true
  if (positionals.length !== (does === 'create' || does === 'list' ? 0 : 1)) throw new UsageError()

  switch (does) {
    case 'create': return { does, json, email: emailOf(text('email')), name: nameOf(text('name')), role: values.admin === true ? 'super_admin' : 'user', readPassword: values['password-stdin'] === true }
    case 'grant': return { does, json, account: named(positionals[0]), role: roleOf(text('role')) ?? missing('--role super_admin or --role user') }
    case 'delete': return { does, json, account: named(positionals[0]), confirmed: values.yes === true }
    case 'list': return {
      does,
      json,
      search: searchOf(text('search')),
      role: roleOf(text('role')),
      disabled: values.disabled === true ? true : undefined,
      limit: Number(matching(text('limit'), LIMIT, '--limit takes a number from 1 to 100') ?? 50),
      after: numberOf(matching(text('after'), USER_ID, '--after takes a UserID'))
    }
    default: return { does, json, account: named(positionals[0]) }
  }
}

function parsed (args: string[], options: NonNullable<ParseArgsConfig['options']>): { values: Record<string, unknown>, positionals: string[] } {
  try {
    return parseArgs({ args, options: { ...options, json: { type: 'boolean' } }, allowPositionals: true })
  } catch {
    throw new UsageError()
  }
}

function matching (value: string | undefined, pattern: RegExp, otherwise: string): string | undefined {
  if (value !== undefined && !pattern.test(value)) throw new UsageError(otherwise)
  return value
}

const numberOf = (digits: string | undefined): number | undefined => digits === undefined ? undefined : Number(digits)

function emailOf (value: string | undefined): string {
  if (value === undefined) throw new UsageError()
  if (!isEmail(value)) throw new UsageError('--email takes an e-mail address like alice@example.com')
  return canonicalEmail(value)
}

function nameOf (value: string | undefined): string {
  if (value === undefined) throw new UsageError()
  const name = canonicalName(value)
  const length = Array.from(name).length
  if (length < 1 || length > 50 || !new RegExp(Name.pattern ?? '', 'u').test(name)) throw new UsageError('--name takes 1 to 50 characters, none of them a control character')
  return name
}

function searchOf (value: string | undefined): string | undefined {
  const search = value === undefined ? undefined : canonicalName(value)
  if (search === '') throw new UsageError('--search takes the beginning of an e-mail or a name')
  return search
}

function roleOf (value: string | undefined): Role | undefined {
  if (value === undefined || value === 'user' || value === 'super_admin') return value
  throw new UsageError('--role takes super_admin or user')
}

function missing (what: string): never {
  throw new UsageError(`say ${what}`)
}

function named (value: string | undefined): Named {
  if (value !== undefined && USER_ID.test(value)) return { id: Number(value) }
  if (value !== undefined && isEmail(value)) return { email: canonicalEmail(value) }
  throw new UsageError('an account is named by its e-mail or its UserID')
}
