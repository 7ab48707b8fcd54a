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

const Detail = Type.Object({
  Field: Type.String({ description: 'The refused field, or `Body` for the body as a whole.' }),
  Reason: Type.String({ description: 'Why, in the language of `Msg`.' })
}, { $id: 'Detail' })

/** The shared models: `src/app.ts` adds each to Fastify, so that routes refer to them by name. */
export const models: TSchema[] = [Email, Name, Password, LoginPassword, VerifyCode, Token, UserID, DependencyCheck, Detail]

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

/** What any route may answer. */
const ALWAYS: Key[] = ['InternalError']
/** What any route with a body may answer besides. */
export const BODY: Key[] = ['BadRequest', 'BodyTooLarge', 'UnsupportedMediaType', 'TooManyRequests']

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
