import { randomUUID } from 'node:crypto'
import Negotiator from 'negotiator'
import { digest, type Answer, type Mode, type World } from '../helper.ts'
import { askForMails, failOften } from '../support/captcha.ts'
import { accountTable } from './contract-account.ts'
import { admin, type Condition } from './contract-conditions.ts'

export interface Person { Name: string, Email: string, Password: string }

/** One telling of a row: with somebody and from a network that no other row knows. */
export interface Scene {
  world: World
  person: Person
  from: string
  language: 'zh' | 'en'
  /** Asks the row's route, in the language and from the network of the scene. */
  post: (body: unknown, headers?: Record<string, string>) => Promise<Answer>
  get: (headers?: Record<string, string>) => Promise<Answer>
  /** Asks it by its own method; `at` in place of its path where that has parameters or a query. */
  send: (body?: unknown, headers?: Record<string, string>, at?: string) => Promise<Answer>
}

/** How a route comes to answer a Code. */
export interface Row {
  code: number
  /** The world it takes; all is well unless said. */
  under?: Condition
  /** Both unless said. */
  modes?: Mode[]
  /** What the answer carries beside `Code` and `Msg`. */
  carries?: string[]
  /** What has to happen while all is still well. What it returns is for `ask`: a code or a token. */
  prepare?: (scene: Scene) => Promise<string>
  ask: (scene: Scene, prepared: string) => Promise<Answer>
}

/** What the contract says of each Code: never taken from the code under test. */
export const meanings: Record<number, { status: number, zh: string, en: string, retryAfter?: true }> = {
  200: { status: 200, zh: '成功', en: 'Success' },
  201: { status: 200, zh: '结果为空', en: 'Nothing found' },
  202: { status: 200, zh: '超级管理员登录', en: 'Logged in as super administrator' },
  400: { status: 400, zh: '请求参数错误', en: 'Bad request' },
  401: { status: 401, zh: '认证失败', en: 'Authentication failed' },
  403: { status: 403, zh: '无权限', en: 'Forbidden' },
  413: { status: 413, zh: '请求体过大', en: 'Request body too large' },
  415: { status: 415, zh: '不支持的媒体类型', en: 'Unsupported media type: send application/json' },
  428: { status: 428, zh: '需要完成人机验证', en: 'Proof of work required' },
  429: { status: 429, zh: '请求过于频繁', en: 'Too many requests', retryAfter: true },
  500: { status: 500, zh: '服务器内部错误', en: 'Internal server error' },
  501: { status: 200, zh: '登录失败', en: 'Login failed' },
  502: { status: 200, zh: '用户已存在', en: 'User already exists' },
  503: { status: 200, zh: '用户不存在', en: 'No such user' },
  510: { status: 503, zh: '数据库连接错误', en: 'Database unavailable', retryAfter: true },
  512: { status: 503, zh: '缓存服务连接错误', en: 'Cache service unavailable', retryAfter: true },
  518: { status: 200, zh: '邮件发送失败', en: 'The mail could not be sent' },
  520: { status: 200, zh: '验证码错误', en: 'Wrong verification code' },
  521: { status: 200, zh: '验证码过期', en: 'Verification code expired' },
  529: { status: 503, zh: '服务繁忙', en: 'Service busy', retryAfter: true }
}

const login = ({ Email, Password }: Person): object => ({ Email, Password })
const sign = (person: Person): object => person
const reset = ({ Email }: Person): object => ({ Email, Password: '' })
const verify = (person: Person, VerifyCode = '000000'): object => ({ ...person, VerifyCode })
const update = ({ Email }: Person, VerifyCode = '000000'): object => ({ Email, Password: digest('another password'), VerifyCode })

async function registered ({ world, person, from }: Scene): Promise<string> {
  await world.register(person, { from })
  return ''
}

/** Has a code of the route mailed and reads it. */
async function mailed ({ world, person, from }: Scene, route: string, body: object): Promise<string> {
  await world.post(route, body, { from })
  return world.codeFor(person.Email)
}
const signCode = (scene: Scene): Promise<string> => mailed(scene, '/Auth/Sign', sign(scene.person))
async function resetCode (scene: Scene): Promise<string> {
  await registered(scene)
  return mailed(scene, '/Auth/ResetPassword', reset(scene.person))
}
async function token (scene: Scene): Promise<string> {
  await registered(scene)
  return scene.world.login(scene.person)
}

export const other = (code: string): string => code === '000000' ? '000001' : '000000'
export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/** A token of ours for a session that nobody has begun. */
export const signed = ({ app }: World): string => app.tokens.issue({ userId: 1, sessionId: randomUUID(), generation: 0, at: Date.now(), expiresAt: Date.now() + 60_000 })

export async function repeated (times: number, ask: () => Promise<Answer>): Promise<Answer> {
  for (let i = 0; i < times; i++) await ask()
  return ask()
}

/** The network of the scene has tried so often that it has to show work. */
export async function suspected ({ world, from }: Scene): Promise<string> {
  await failOften(world, from)
  await askForMails(world, from)
  return ''
}

/** What any route with a body may answer. Embedded mode has no Redis, so nothing there answers 512. */
function anyBody (valid: (person: Person) => object): Row[] {
  const ask = ({ post, person }: Scene): Promise<Answer> => post(valid(person))
  return [
    { code: 400, carries: ['Details'], ask: ({ post, person }) => post({ ...valid(person), Surprise: 'unknown' }) },
    { code: 413, ask: ({ post, person }) => post({ ...valid(person), Email: 'a'.repeat(16 * 1024) }) },
    { code: 415, ask: ({ post, person }) => post(valid(person), { 'content-type': 'text/plain' }) },
    { code: 428, under: 'work is asked for', carries: ['Challenge'], prepare: suspected, ask },
    { code: 500, under: 'the table is gone', ask },
    { code: 510, under: 'the database is away', ask },
    { code: 512, under: 'Redis is away', modes: ['server'], ask }
  ]
}

/** A head that a proxy on the way may have read in another way. */
export const doubtful: Record<string, string> = { host: 'dream.example, evil.example' }
const refusedHead: Row = { code: 400, carries: ['Details'], ask: ({ get }) => get(doubtful) }

let unheardOf = 0

/** Fails within the service's own code, once, as a mistake there would: in the library that is asked for the language of a header not seen before. */
function broken ({ get, language }: Scene): Promise<Answer> {
  const { language: working } = Negotiator.prototype
  Negotiator.prototype.language = () => {
    Negotiator.prototype.language = working
    throw new Error('a mistake')
  }
  return get({ 'accept-language': `${language}, x-${++unheardOf};q=0.1` })
}

/** Fails within a method of the service, once. */
async function brokenOnce<T extends object> (part: T, method: keyof T, get: () => Promise<Answer>): Promise<Answer> {
  const working = Object.getOwnPropertyDescriptor(part, method)
  Object.defineProperty(part, method, { configurable: true, value: () => { throw new Error('a mistake') } })
  try {
    return await get()
  } finally {
    Object.defineProperty(part, method, working ?? {})
  }
}

/** Writes an account into the table, and a session: there may be no Redis to log in with. Returns its number. */
async function stranger ({ world: { app }, person }: Scene, role: 'user' | 'super_admin' = 'user'): Promise<number> {
  const name = `${person.Name} ${randomUUID().slice(0, 8)}`
  const email = `${name.replaceAll(' ', '.').toLowerCase()}@example.com`
  await app.database.insertInto('Users').values({ UserName: name, NameKey: name.toLowerCase(), Email: email, EmailKey: email, Password: '', Role: role }).execute()
  const { UserID } = await app.database.selectFrom('Users').select('UserID').where('EmailKey', '=', email).executeTakeFirstOrThrow()
  return UserID
}

async function tokenOf (scene: Scene, role: 'user' | 'super_admin'): Promise<string> {
  const { app } = scene.world
  return app.tokens.issue(await app.sessions.open({ id: await stranger(scene, role), tokenVersion: 0 }, { address: scene.from, language: 'zh', requestId: '', userAgent: '' }))
}
const superAdmin = (scene: Scene): Promise<string> => tokenOf(scene, 'super_admin')

type Asking = Parameters<World['get']>[1]
const asked = ({ from, language }: Scene, token?: string, headers: Record<string, string> = {}): Asking => (
  { from, headers: { ...(language === 'en' && { 'accept-language': 'en-US,en;q=0.9' }), ...(token !== undefined && bearer(token)), ...headers } })

/** What any route of administrators may answer, besides its own. */
function administered (ask: (asked: { world: World, asking: Asking }) => Promise<Answer>, rows: Row[]): Row[] {
  const askAs = (scene: Scene, token?: string): Promise<Answer> => ask({ world: scene.world, asking: asked(scene, token) })
  return [
    ...rows,
    { code: 401, ask: scene => askAs(scene) },
    { code: 403, prepare: scene => tokenOf(scene, 'user'), ask: askAs },
    { code: 500, under: 'the table is gone', prepare: superAdmin, ask: askAs },
    { code: 510, under: 'the database is away', ask: scene => askAs(scene, signed(scene.world)) }
  ]
}

/** What any of them that is for one account may. */
function administeredAccount (ask: (asked: { world: World, asking: Asking, id: number }) => Promise<Answer>, carries: string[] = []): Row[] {
  return administered(asked => ask({ ...asked, id: 1 }), [
    { code: 200, carries, prepare: superAdmin, ask: async (scene, token) => ask({ world: scene.world, asking: asked(scene, token), id: await stranger(scene) }) },
    { code: 400, carries: ['Details'], prepare: superAdmin, ask: (scene, token) => ask({ world: scene.world, asking: asked(scene, token), id: 0 }) },
    { code: 503, prepare: superAdmin, ask: (scene, token) => ask({ world: scene.world, asking: asked(scene, token), id: 987654321 }) }
  ])
}

/** Every route of the contract and, for each, every Code that it documents. */
export const table: Record<string, Row[]> = {
  'POST /Auth/Login': [
    ...anyBody(login),
    { code: 200, carries: ['Token', 'UserID'], prepare: registered, ask: ({ post, person }) => post(login(person)) },
    { code: 202, carries: ['Token', 'UserID'], ask: ({ post }) => post(admin) },
    { code: 429, carries: ['RetryAfter'], ask: ({ post, person }) => repeated(10, () => post(login(person))) },
    { code: 501, prepare: registered, ask: ({ post, person }) => post({ ...login(person), Password: digest('a wrong password') }) },
    { code: 501, ask: ({ post, person }) => post(login(person)) },
    { code: 529, under: 'the hashing queue is full', ask: ({ post, person }) => post(login(person)) }
  ],
  'POST /Auth/Sign': [
    ...anyBody(sign),
    { code: 200, ask: ({ post, person }) => post(sign(person)) },
    { code: 429, carries: ['RetryAfter'], ask: ({ post, person }) => repeated(1, () => post(sign(person))) },
    { code: 502, carries: ['Field'], prepare: registered, ask: ({ post, person }) => post(sign(person)) },
    { code: 518, under: 'the mail server is away', ask: ({ post, person }) => post(sign(person)) }
  ],
  'POST /Auth/Verify': [
    ...anyBody(verify),
    { code: 200, prepare: signCode, ask: ({ post, person }, code) => post(verify(person, code)) },
    { code: 429, carries: ['RetryAfter'], ask: ({ post, person }) => repeated(100, () => post(verify(person))) },
    { code: 502, carries: ['Field'], prepare: registered, ask: ({ post, person }) => post(verify(person)) },
    { code: 520, prepare: signCode, ask: ({ post, person }, code) => post(verify(person, other(code))) },
    { code: 521, ask: ({ post, person }) => post(verify(person)) },
    { code: 529, under: 'the hashing queue is full', prepare: signCode, ask: ({ post, person }, code) => post(verify(person, code)) }
  ],
  'POST /Auth/ResetPassword': [
    ...anyBody(reset),
    { code: 200, prepare: registered, ask: ({ post, person }) => post(reset(person)) },
    { code: 429, carries: ['RetryAfter'], prepare: registered, ask: ({ post, person }) => repeated(1, () => post(reset(person))) },
    { code: 503, ask: ({ post, person }) => post(reset(person)) },
    {
      code: 518,
      under: 'the mail server is away',
      prepare: async ({ world, person: { Name, Email } }) => {
        await world.rows(`INSERT INTO Users (UserName, Email, EmailKey, Password) VALUES ('${Name}', '${Email}', '${Email}', '')`)
        return ''
      },
      ask: ({ post, person }) => post(reset(person))
    }
  ],
  'POST /Auth/UpdatePassword': [
    ...anyBody(update),
    { code: 200, prepare: resetCode, ask: ({ post, person }, code) => post(update(person, code)) },
    { code: 429, carries: ['RetryAfter'], prepare: registered, ask: ({ post, person }) => repeated(100, () => post(update(person))) },
    { code: 503, ask: ({ post, person }) => post(update(person)) },
    { code: 520, prepare: resetCode, ask: ({ post, person }, code) => post(update(person, other(code))) },
    { code: 521, prepare: registered, ask: ({ post, person }) => post(update(person)) },
    { code: 529, under: 'the hashing queue is full', prepare: resetCode, ask: ({ post, person }, code) => post(update(person, code)) }
  ],
  'GET /CheckJWTToken': [
    refusedHead,
    { code: 200, prepare: token, ask: ({ get }, token) => get(bearer(token)) },
    { code: 401, ask: ({ get }) => get() },
    { code: 401, prepare: token, ask: ({ get }, token) => get(bearer(`${token}x`)) },
    { code: 500, under: 'the table is gone', prepare: token, ask: ({ get }, token) => get(bearer(token)) },
    { code: 510, under: 'the database is away', ask: ({ get, world }) => get(bearer(signed(world))) }
  ],
  ...accountTable,
  'GET /.well-known/jwks.json': [
    refusedHead,
    { code: 200, ask: ({ get }) => get() },
    { code: 200, under: 'the database is away', ask: ({ get }) => get() },
    { code: 500, ask: ({ get, world: { app: { signer } } }) => brokenOnce(signer, 'publicKeys', get) }
  ],
  'GET /health': [
    refusedHead,
    { code: 200, carries: ['Status', 'Checks'], ask: ({ get }) => get() },
    { code: 500, ask: broken },
    { code: 510, under: 'the database is away', carries: ['Status', 'Checks'], ask: ({ get }) => get() },
    { code: 512, under: 'Redis is away', modes: ['server'], carries: ['Status', 'Checks'], ask: ({ get }) => get() },
    { code: 529, under: 'the service stops', carries: ['Status', 'Checks'], ask: ({ get }) => get() }
  ],
  'GET /health/live': [
    refusedHead,
    { code: 200, ask: ({ get }) => get() },
    { code: 200, under: 'the service stops', ask: ({ get }) => get() },
    { code: 200, under: 'the database is away', ask: ({ get }) => get() },
    { code: 200, under: 'Redis is away', modes: ['server'], ask: ({ get }) => get() },
    { code: 500, ask: broken }
  ],
  'GET /Admin/Users': administered(({ world, asking }) => world.get('/Admin/Users', asking), [
    { code: 200, carries: ['Next', 'Users'], prepare: superAdmin, ask: (scene, token) => scene.world.get('/Admin/Users?Limit=1', asked(scene, token)) },
    { code: 201, prepare: superAdmin, ask: (scene, token) => scene.world.get('/Admin/Users?Search=nobody@', asked(scene, token)) },
    { code: 400, carries: ['Details'], prepare: superAdmin, ask: (scene, token) => scene.world.get('/Admin/Users?Limit=0', asked(scene, token)) }
  ]),
  'GET /Admin/Events': administered(({ world, asking }) => world.get('/Admin/Events', asking), [
    { code: 200, carries: ['Events', 'Next'], prepare: superAdmin, ask: (scene, token) => scene.world.get('/Admin/Events?Limit=1', asked(scene, token)) },
    { code: 201, prepare: superAdmin, ask: (scene, token) => scene.world.get('/Admin/Events?Email=stranger@example.com', asked(scene, token)) },
    { code: 400, carries: ['Details'], prepare: superAdmin, ask: (scene, token) => scene.world.get('/Admin/Events?Limit=0', asked(scene, token)) }
  ]),
  'GET /Admin/Users/{UserID}': administeredAccount(({ world, asking, id }) => world.get(`/Admin/Users/${id}`, asking), ['Sessions', 'User']),
  'PATCH /Admin/Users/{UserID}': [
    ...administeredAccount(({ world, asking, id }) => world.patch(`/Admin/Users/${id}`, { Disabled: true }, asking), ['User']),
    { code: 413, prepare: superAdmin, ask: (scene, token) => scene.world.patch('/Admin/Users/1', { Role: 'a'.repeat(16 * 1024) }, asked(scene, token)) },
    { code: 415, prepare: superAdmin, ask: (scene, token) => scene.world.patch('/Admin/Users/1', '{}', asked(scene, token, { 'content-type': 'text/plain' })) }
  ],
  'DELETE /Admin/Users/{UserID}': [
    ...administeredAccount(({ world, asking, id }) => world.remove(`/Admin/Users/${id}`, undefined, asking)),
    { code: 512, under: 'Redis is away', modes: ['server'], prepare: superAdmin, ask: async (scene, token) => scene.world.remove(`/Admin/Users/${await stranger(scene)}`, undefined, asked(scene, token)) }
  ],
  'POST /Admin/Users/{UserID}/RevokeSessions': administeredAccount(({ world, asking, id }) => world.post(`/Admin/Users/${id}/RevokeSessions`, undefined, asking))
}
