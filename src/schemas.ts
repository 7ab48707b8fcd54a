import { Type, type Static, type TObject, type TProperties, type TSchema, type TUnsafe } from '@sinclair/typebox'
import { EMAIL_PATTERN } from './canonical.ts'
import { catalogue, type Key } from './catalogue.ts'

// Control characters, line and paragraph separators, and the marks that reorder the text around them.
const CONTROL = '\\u0000-\\u001F\\u007F-\\u009F\\u2028-\\u202E\\u2066-\\u2069'

/** E-mail address: trimmed and lower-cased before it is checked; one canonical spelling everywhere. */
export const Email = Type.String({
  $id: 'Email',
  description: 'E-mail address in plain ASCII, `local@domain`. Spaces around it and letter case do not matter.',
  'x-canonical': 'email',
  maxLength: 100,
  pattern: EMAIL_PATTERN,
  examples: ['alice@example.com']
})

/** Display name: trimmed and brought to NFC before it is checked; unique without regard to case. */
export const Name = Type.String({
  $id: 'Name',
  description: 'Display name, unique without regard to case. Spaces around it do not count.',
  'x-canonical': 'name',
  minLength: 1,
  maxLength: 50,
  pattern: `^[^${CONTROL}]+$`,
  examples: ['Alice']
})

/** A password as chosen at sign-up or reset. */
export const Password = Type.String({
  $id: 'Password',
  description: 'The SM3 digest (GB/T 32905) of the password: 64 hexadecimal digits of either case. Any other string of 8 to ' +
    '128 characters is taken as the password itself and digested on arrival, so both forms reach the same account. One that is ' +
    'among the first to be tried, or too close to its owner\'s address or name, may be refused with 400.',
  minLength: 8,
  maxLength: 128,
  examples: ['70e1b1111d35acc5689c1f09eefb329a80c9ee0f53683015265ed2be34a8b569']
})

/** A password as offered at login: whatever was once accepted may be tried. */
export const LoginPassword = Type.String({
  $id: 'LoginPassword',
  description: 'As `Password`, of any length up to 128 characters.',
  minLength: 1,
  maxLength: 128,
  examples: ['70e1b1111d35acc5689c1f09eefb329a80c9ee0f53683015265ed2be34a8b569']
})

/** The mailed code. */
export const VerifyCode = Type.String({
  $id: 'VerifyCode',
  description: 'The six digits from the mail, as a string: leading zeros count.',
  pattern: '^[0-9]{6}$',
  examples: ['042917']
})

export const Token = Type.String({
  $id: 'Token',
  description: 'JSON Web Token (RFC 7519), to be sent as `Authorization: Bearer <Token>`.',
  examples: ['eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl']
})

export const UserID = Type.Integer({ $id: 'UserID', description: 'Number of the account.', minimum: 1, examples: [1] })

export const DependencyCheck = Type.Object({
  Status: Type.Unsafe<'up' | 'down'>({ type: 'string', enum: ['up', 'down'] }),
  LatencyMs: Type.Number({ description: 'Milliseconds the check took.', minimum: 0 })
}, { $id: 'DependencyCheck', description: 'State of one dependency.' })

const time = (description: string) => Type.String({ description: `${description} (UTC, ISO 8601).`, format: 'date-time', examples: ['2026-11-25T08:30:00Z'] })
const nullable = <S extends TSchema>(schema: S) => Type.Unsafe<Static<S> | null>({ ...schema, nullable: true })

/** What a DATETIME of the database is in an answer. */
export function isoTime (dateTime: string): string {
  return `${dateTime.replace(' ', 'T')}Z`
}

export const SessionID = Type.String({
  $id: 'SessionID',
  description: 'Id of a session, also the claim `sid` of its tokens.',
  pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  examples: ['0b9f6f0e-4a43-4f0c-9d53-8a9c7f1f5a21']
})

const Network = Type.String({ description: 'Where from: an IPv4 address, or an IPv6 /64.', examples: ['203.0.113.7'] })
const UserAgent = Type.String({ description: 'With what, as the client called itself.', examples: ['DreamApp/2.1 (iPhone; iOS 19)'] })

const session = {
  SessionID: SessionID.examples?.[0], CreatedAt: '2026-11-25T08:30:00Z', LastSeenAt: '2026-11-25T09:12:00Z', ExpiresAt: '2026-12-02T08:30:00Z', Network: '203.0.113.7', UserAgent: 'DreamApp/2.1 (iPhone; iOS 19)', Current: true
}

/** A login. */
export const Session = Type.Object({
  SessionID: ref(SessionID),
  CreatedAt: time('When it began'),
  LastSeenAt: time('When a token of it was last used, to the minute'),
  ExpiresAt: time('When it ends, unless it is refreshed'),
  Network,
  UserAgent,
  Current: Type.Optional(Type.Boolean({ description: 'Whether it is the one that asks.' })),
  Ended: Type.Optional(Type.Boolean({ description: 'Whether it was ended before its time; in the export, which has those too.' }))
}, { $id: 'Session', description: 'A login.', examples: [session] })

export const Role = Type.Unsafe<'user' | 'super_admin'>({ type: 'string', enum: ['user', 'super_admin'], $id: 'Role', description: 'What the account may do.', examples: ['user'] })

/** An account as its owner sees it. */
export const AccountData = Type.Object({
  UserID: ref(UserID),
  Name: Type.String(),
  Email: Type.String(),
  Role: ref(Role),
  RegisterTime: nullable(time('When it was made')),
  LastLogin: nullable(time('When somebody last logged in')),
  AvatarUrl: nullable(Type.String()),
  Gender: nullable(Type.String()),
  BirthDate: nullable(Type.String()),
  Phone: nullable(Type.String()),
  Address: nullable(Type.String())
}, {
  $id: 'AccountData',
  description: 'What is kept of an account, but for the hash of its password.',
  examples: [{ UserID: 1, Name: 'Alice', Email: 'alice@example.com', Role: 'user', RegisterTime: '2026-11-25T08:30:00Z', LastLogin: '2026-11-25T08:31:00Z', AvatarUrl: null, Gender: null, BirthDate: null, Phone: null, Address: null }]
})

/** An account as administrators see it. */
export const User = Type.Object({
  UserID: ref(UserID),
  Name: Type.String(),
  Email: Type.String(),
  Role: ref(Role),
  Disabled: Type.Boolean({ description: 'Whether it may not log in.' }),
  DisabledAt: nullable(time('Since when')),
  RegisterTime: nullable(time('When it was made')),
  LastLogin: nullable(time('When somebody last logged in'))
}, {
  $id: 'User',
  description: 'An account as administrators see it.',
  examples: [{ UserID: 1, Name: 'Alice', Email: 'alice@example.com', Role: 'user', Disabled: false, DisabledAt: null, RegisterTime: '2026-11-25T08:30:00Z', LastLogin: '2026-11-25T08:31:00Z' }]
})

export const FormerEmail = Type.Object({
  Email: Type.String(),
  ReservedUntil: time('Until when a password reset there gives the account back')
}, { $id: 'FormerEmail', description: 'An address that the account had.', examples: [{ Email: 'alice@old.example', ReservedUntil: '2026-12-02T08:30:00.000Z' }] })

/** An event of the audit trail. */
export const AccountEvent = Type.Object({
  EventID: Type.String({ description: 'A UUID of version 7: sorted by it, events are sorted by time.' }),
  OccurredAt: time('When'),
  Type: Type.String({ description: 'What was tried, such as `login`.' }),
  Outcome: Type.Unsafe<'success' | 'failure'>({ type: 'string', enum: ['success', 'failure'], description: 'How it ended.' }),
  Reason: nullable(Type.String({ description: 'Why, in a word.' })),
  UserID: nullable(Type.Integer({ description: 'The account, where it was known.' })),
  Network: nullable(Network),
  UserAgent: nullable(UserAgent),
  RequestID: nullable(Type.String({ description: 'The id of the request, as the log has it.' }))
}, {
  $id: 'AccountEvent',
  description: 'Something that happened to an account.',
  examples: [{ EventID: '019abcde-0000-7000-8000-000000000000', OccurredAt: '2026-11-25T08:31:00.000Z', Type: 'login', Outcome: 'success', Reason: null, UserID: 1, Network: '203.0.113.7', UserAgent: 'DreamApp/2.1 (iPhone; iOS 19)', RequestID: '3f0c8a9c-7f1f-4a43-9d53-0b9f6f0e5a21' }]
})

const Detail = Type.Object({
  Field: Type.String({ description: 'The refused field, or `Body` for the body as a whole.' }),
  Reason: Type.String({ description: 'Why, in the language of `Msg`.' })
}, { $id: 'Detail' })

/** The shared models: `src/app.ts` adds each to Fastify, so that routes refer to them by name. */
export const models: TSchema[] = [Email, Name, Password, LoginPassword, VerifyCode, Token, UserID, SessionID, Session, Role, User, AccountData, FormerEmail, AccountEvent, DependencyCheck, Detail]

/** A reference to a shared model, typed as the model: one named component in OpenAPI, however often it is used. */
export function ref<S extends TSchema> (model: S): TUnsafe<Static<S>> {
  if (model.$id === undefined) throw new TypeError('only a model with an $id can be referred to')
  return Type.Unsafe<Static<S>>(Type.Ref(model.$id))
}

/** A request body: an object that takes nothing but the named fields. */
export function body<P extends TProperties> (fields: P): TObject<P> {
  return Type.Object(fields, { additionalProperties: false })
}

/** Fields that some answers carry beside `Code` and `Msg`, by catalogue key, with an example of each. */
const carried: Partial<Record<Key, { fields: TProperties, example: Record<string, unknown> }>> = {
  BadRequest: { fields: { Details: Type.Array(ref(Detail)) }, example: { Details: [{ Field: 'Email', Reason: '邮箱格式不正确' }] } },
  TooManyRequests: { fields: { RetryAfter: Type.Integer({ description: 'Seconds until it is worth trying again.', minimum: 1 }) }, example: { RetryAfter: 42 } },
  UserExists: { fields: { Field: Type.Optional(Type.Unsafe<'Email' | 'Name'>({ type: 'string', enum: ['Email', 'Name'], description: 'Which of the two is taken.' })) }, example: { Field: 'Email' } }
}

interface MediaType<S extends TSchema = TSchema> { description: string, headers?: Record<string, TSchema>, content: { 'application/json': { schema: S, examples: Record<string, unknown> } } }
type Envelope<P extends TProperties> = { Code: ReturnType<typeof codes>, Msg: typeof Msg } & P
type Replies<P extends TProperties> = { 200: MediaType<TObject<Envelope<P>>> } & Record<number, MediaType>

const Msg = Type.String({ description: 'What was decided, for people: Chinese, or English where `Accept-Language` prefers it.' })

/** Says no more than the status: which of these numbers came is in the examples. */
function codes (keys: Key[]) {
  return Type.Unsafe<number>({ type: 'integer', enum: keys.map(key => catalogue[key].code), description: 'What was decided, for programs.' })
}

/** What a route asks for that is for whoever is logged in. */
export const bearer = { Bearer: [] }

/** What any route may answer. */
const ALWAYS: Key[] = ['InternalError']
/** What any route may answer that a body can be sent to. */
export const PARSED: Key[] = ['BadRequest', 'BodyTooLarge', 'UnsupportedMediaType']
/** What any route with a body may answer besides where tries are counted. */
export const BODY: Key[] = [...PARSED, 'TooManyRequests']

interface Carrying<P extends TProperties> {
  /** Fields beside `Code` and `Msg`; those that not every such reply carries are optional. */
  fields?: P
  /** Those fields as an example, for the keys that carry them. */
  examples?: Partial<Record<Key, Record<string, unknown>>>
  /** HTTP statuses whose replies carry those fields: 200 unless said. */
  statuses?: number[]
  /** Response headers of the HTTP 200 reply. */
  headers?: Record<string, TSchema>
}

const RetryAfter = Type.Integer({ description: 'Seconds until it is worth trying again (RFC 9110, section 10.2.3).' })
const WwwAuthenticate = Type.String({ description: 'The challenge of RFC 6750, section 3.' })
const headers: Record<number, Record<string, TSchema>> = {
  401: { 'WWW-Authenticate': WwwAuthenticate },
  429: { 'Retry-After': RetryAfter },
  503: { 'Retry-After': RetryAfter }
}

/**
 * The `response` schema of a route: one reply per HTTP status, each listing its Codes with an example.
 *
 * @param keys catalogue keys the route may answer, HTTP 500 aside, which every route may
 * @param carrying what the route's own replies carry
 */
export function replies<P extends TProperties = Record<never, never>> (keys: Key[], carrying: Carrying<P> = {}): Replies<P> {
  const byStatus = new Map<number, Key[]>()
  for (const key of [...keys, ...ALWAYS]) {
    const { status } = catalogue[key]
    byStatus.set(status, [...byStatus.get(status) ?? [], key])
  }
  const response: Record<number, MediaType> = {}
  for (const [status, group] of [...byStatus].sort(([a], [b]) => a - b)) {
    const own = (carrying.statuses ?? [200]).includes(status) ? carrying.fields : {}
    const fields = Object.assign({}, ...group.map(key => carried[key]?.fields), own)
    const sent = status === 200 ? carrying.headers : headers[status]
    response[status] = {
      description: group.map(key => `${catalogue[key].code} ${catalogue[key].en}`).join('; '),
      ...(sent && { headers: structuredClone(sent) }),
      content: {
        'application/json': {
          schema: Type.Object({ Code: codes(group), Msg, ...fields }),
          examples: Object.fromEntries(group.map(key => [key, {
            summary: `${catalogue[key].code} ${catalogue[key].en}`,
            value: { Code: catalogue[key].code, Msg: catalogue[key].zh, ...carried[key]?.example, ...carrying.examples?.[key] }
          }]))
        }
      }
    }
  }
  return response as Replies<P>
}
