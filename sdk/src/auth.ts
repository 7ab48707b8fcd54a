import createClient, { type Client } from 'openapi-fetch'
import { createAdmin, type Admin } from './admin.ts'
import { solveCaptcha } from './captcha.ts'
import { digestChosen, digestTried } from './passwords.ts'
import { settle, type Body, type Operation, type Path, type Result } from './results.ts'
import type { paths } from './schema.ts'
import { createSession, type Listener } from './session.ts'
import { memoryStore, type TokenStore } from './stores.ts'
import { surroundings } from './surroundings.ts'
import { claimsOf } from './token.ts'
import { createTransport, type Solve } from './transport.ts'

export interface DreamAuthOptions {
  /** Where the service is: `https://auth.example.com`. The page's own origin unless said. */
  baseUrl?: string | undefined
  /** The language of `Msg`, as `Accept-Language` has it: `zh`, `en`. None is sent unless said; browsers send their own. */
  language?: string | (() => string | undefined) | undefined
  /** Where the token is kept: in memory unless said. */
  store?: TokenStore | undefined
  fetch?: typeof fetch | undefined
  /** Longest wait for an answer, in milliseconds: 15,000 unless said. */
  timeoutMs?: number | undefined
  /** Solves a challenge of the service (Code 428), after which the call is repeated. `solveCaptcha` unless said; `false` hands the challenge to the caller. */
  solve?: Solve | false | undefined
  /** The clock, in milliseconds since 1970. For tests. */
  now?: (() => number) | undefined
}

/** Passwords are given as they were typed: what is sent is their SM3 digest. No method throws for an answer, or for the want of one. */
export interface DreamAuth {
  sign: (fields: Body<'sign'>) => Promise<Result<'sign'>>
  verify: (fields: Body<'verify'>) => Promise<Result<'verify'>>
  /** Keeps the token of a success. */
  login: (fields: Body<'login'>) => Promise<Result<'login'>>
  resetPassword: (fields: Pick<Body<'resetPassword'>, 'Email'>) => Promise<Result<'resetPassword'>>
  updatePassword: (fields: Body<'updatePassword'>) => Promise<Result<'updatePassword'>>
  checkToken: () => Promise<Result<'checkToken'>>
  /** Has the token replaced. There is no need to: it is done by itself when more than half of its life is over. */
  refresh: () => Promise<Result<'refresh'>>
  /** Forgets the token, whatever comes of it. Where the result is not ok, the session lives on at the service until it is over. */
  logout: (fields?: NonNullable<Body<'logout'>>) => Promise<Result<'logout'>>
  listSessions: () => Promise<Result<'listSessions'>>
  revokeSession: (path: Path<'revokeSession'>) => Promise<Result<'revokeSession'>>
  showProfile: () => Promise<Result<'showProfile'>>
  changePassword: (fields: Body<'changePassword'>) => Promise<Result<'changePassword'>>
  changeEmail: (fields: Body<'changeEmail'>) => Promise<Result<'changeEmail'>>
  confirmEmail: (fields: Body<'confirmEmail'>) => Promise<Result<'confirmEmail'>>
  exportAccount: () => Promise<Result<'exportAccount'>>
  deleteAccount: (fields: Body<'deleteAccount'>) => Promise<Result<'deleteAccount'>>
  /** For super administrators. */
  admin: Admin
  /** Whether there is a token that is not over. Asks nobody: `checkToken` asks the service. */
  signedIn: () => Promise<boolean>
  /** Tells when somebody signs in or out, also in another tab where the store is shared. Returns what ends it. */
  onChange: (listener: Listener) => () => void
  /** For everything else: the client of openapi-fetch, with language and token. Passwords it sends as they are. @throws NetworkError */
  client: Client<paths>
}

function isAddress (text: string): boolean {
  try {
    return new URL(text, surroundings.location?.href).protocol.startsWith('http')
  } catch {
    return false
  }
}

/** A request that brings its own token: it is neither refreshed first nor asked for again with another. */
const carrying = (token: string | undefined): { headers?: { authorization: string } } => token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }

/** @throws TypeError where `baseUrl` is none, or is missing outside a browser */
export function createDreamAuth (options: DreamAuthOptions = {}): DreamAuth {
  const { baseUrl = '', language, store = memoryStore(), timeoutMs = 15_000, solve = solveCaptcha, now = Date.now } = options
  if (!isAddress(baseUrl)) throw new TypeError(`baseUrl is no address: ${JSON.stringify(baseUrl)}`)
  // Looked up at each call: others may have put theirs in its place.
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const preferred = typeof language === 'function' ? language : () => language
  const spoken = (): string | undefined => preferred() ?? surroundings.navigator?.language

  const settled = <Name extends Operation>(name: Name, ask: () => Promise<{ data?: unknown, error?: unknown }>): Promise<Result<Name>> => settle(name, spoken(), ask)
  const session = createSession({
    store,
    exchange: token => settled('refresh', () => client.POST('/Auth/Refresh', carrying(token))),
    patienceMs: timeoutMs,
    now
  })
  const client = createClient<paths>({ baseUrl, fetch: createTransport({ fetch, language: preferred, timeoutMs, session, solve }) })

  return {
    sign: ({ Name, Email, Password }) => settled('sign', async () => client.POST('/Auth/Sign', { body: { Name, Email, Password: digestChosen(Password) } })),
    verify: ({ Name, Email, Password, VerifyCode }) => settled('verify', async () => client.POST('/Auth/Verify', { body: { Name, Email, Password: digestChosen(Password), VerifyCode } })),

    async login ({ Email, Password }) {
      const result = await settled('login', async () => client.POST('/Auth/Login', { body: { Email, Password: digestTried(Password) } }))
      if (result.ok) await session.begin(result.Token)
      return result
    },

    resetPassword: ({ Email }) => settled('resetPassword', () => client.POST('/Auth/ResetPassword', { body: { Email } })),
    updatePassword: ({ Email, Password, VerifyCode }) => settled('updatePassword', async () => client.POST('/Auth/UpdatePassword', { body: { Email, Password: digestChosen(Password), VerifyCode } })),
    checkToken: () => settled('checkToken', () => client.GET('/CheckJWTToken')),
    refresh: session.refresh,

    async logout (fields = {}) {
      const token = await session.token()
      await session.end()
      return settled('logout', () => client.POST('/Auth/Logout', { body: fields, ...carrying(token) }))
    },

    listSessions: () => settled('listSessions', () => client.GET('/Auth/Sessions')),

    async revokeSession ({ SessionID }) {
      const token = await session.token()
      const result = await settled('revokeSession', () => client.DELETE('/Auth/Sessions/{SessionID}', { params: { path: { SessionID } } }))
      const after = await session.token()
      if (result.ok && token !== undefined && after !== undefined && claimsOf(after)?.sid === SessionID) await session.end(after)
      return result
    },

    showProfile: () => settled('showProfile', () => client.GET('/Auth/Profile')),
    changePassword: ({ OldPassword, NewPassword }) => settled('changePassword', async () => client.POST('/Auth/ChangePassword', {
      body: { OldPassword: digestTried(OldPassword, 'OldPassword'), NewPassword: digestChosen(NewPassword, 'NewPassword') }
    })),
    changeEmail: ({ Email, Password }) => settled('changeEmail', async () => client.POST('/Auth/ChangeEmail', { body: { Email, Password: digestTried(Password) } })),
    confirmEmail: ({ Email, VerifyCode }) => settled('confirmEmail', () => client.POST('/Auth/ConfirmEmail', { body: { Email, VerifyCode } })),
    exportAccount: () => settled('exportAccount', () => client.GET('/Auth/Account')),

    async deleteAccount ({ Password }) {
      const result = await settled('deleteAccount', async () => client.DELETE('/Auth/Account', { body: { Password: digestTried(Password) } }))
      if (result.ok) await session.end()
      return result
    },

    admin: createAdmin(client, settled),
    signedIn: session.signedIn,
    onChange: session.onChange,
    client
  }
}
