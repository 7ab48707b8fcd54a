import { Type, type Static, type TObject, type TProperties, type TSchema, type TUnsafe } from '@sinclair/typebox'
import { EMAIL_PATTERN } from './canonical.ts'
import { ALGORITHMS, type Algorithm } from './keys/key.ts'

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
  Status: Type.Unsafe<'up' | 'down'>({ type: 'string', enum: ['up', 'down'], description: 'Whether it answers.', examples: ['up'] }),
  LatencyMs: Type.Number({ description: 'Milliseconds the check took.', minimum: 0, examples: [0.4] })
}, { $id: 'DependencyCheck', description: 'State of one dependency.', examples: [{ Status: 'up', LatencyMs: 0.4 }] })

export const HealthChecks = Type.Object({
  Database: ref(DependencyCheck),
  Redis: Type.Optional(ref(DependencyCheck))
}, {
  $id: 'HealthChecks',
  description: 'State of each dependency. Redis is there in server mode alone.',
  examples: [{ Database: { Status: 'up', LatencyMs: 0.4 }, Redis: { Status: 'up', LatencyMs: 0.2 } }]
})

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

const storedName = Type.String({ description: 'Its name.', examples: ['Alice'] })
const storedEmail = Type.String({ description: 'Its e-mail address, in lower case.', examples: ['alice@example.com'] })
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
  Current: Type.Optional(Type.Boolean({ description: 'Whether it is the one that asks.', examples: [true] })),
  Ended: Type.Optional(Type.Boolean({ description: 'Whether it was ended before its time; in the export, which has those too.', examples: [false] }))
}, { $id: 'Session', description: 'A login.', examples: [session] })

/** What an account may be. */
export const ROLES = ['user', 'super_admin'] as const

export const Role = Type.Unsafe<typeof ROLES[number]>({ type: 'string', enum: ROLES, $id: 'Role', description: 'What the account may do.', examples: ['user'] })

/** An account as its owner sees it. */
export const AccountData = Type.Object({
  UserID: ref(UserID),
  Name: storedName,
  Email: storedEmail,
  Role: ref(Role),
  RegisterTime: nullable(time('When it was made')),
  LastLogin: nullable(time('When somebody last logged in')),
  AvatarUrl: nullable(Type.String({ description: 'Address of a picture.' })),
  Gender: nullable(Type.String({ description: 'As the owner has put it.' })),
  BirthDate: nullable(Type.String({ description: 'As the owner has put it.' })),
  Phone: nullable(Type.String({ description: 'As the owner has put it.' })),
  Address: nullable(Type.String({ description: 'As the owner has put it.' }))
}, {
  $id: 'AccountData',
  description: 'What is kept of an account, but for the hash of its password.',
  examples: [{ UserID: 1, Name: 'Alice', Email: 'alice@example.com', Role: 'user', RegisterTime: '2026-11-25T08:30:00Z', LastLogin: '2026-11-25T08:31:00Z', AvatarUrl: null, Gender: null, BirthDate: null, Phone: null, Address: null }]
})

/** An account as administrators see it. */
export const User = Type.Object({
  UserID: ref(UserID),
  Name: storedName,
  Email: storedEmail,
  Role: ref(Role),
  Disabled: Type.Boolean({ description: 'Whether it may not log in.', examples: [false] }),
  DisabledAt: nullable(time('Since when')),
  RegisterTime: nullable(time('When it was made')),
  LastLogin: nullable(time('When somebody last logged in'))
}, {
  $id: 'User',
  description: 'An account as administrators see it.',
  examples: [{ UserID: 1, Name: 'Alice', Email: 'alice@example.com', Role: 'user', Disabled: false, DisabledAt: null, RegisterTime: '2026-11-25T08:30:00Z', LastLogin: '2026-11-25T08:31:00Z' }]
})

export const FormerEmail = Type.Object({
  Email: storedEmail,
  ReservedUntil: time('Until when a password reset there gives the account back')
}, { $id: 'FormerEmail', description: 'An address that the account had.', examples: [{ Email: 'alice@old.example', ReservedUntil: '2026-12-02T08:30:00.000Z' }] })

/** An event of the audit trail. */
export const AccountEvent = Type.Object({
  EventID: Type.String({ description: 'A UUID of version 7: sorted by it, events are sorted by time.', examples: ['019abcde-0000-7000-8000-000000000000'] }),
  OccurredAt: time('When'),
  Type: Type.String({ description: 'What was tried, such as `login`.', examples: ['login'] }),
  Outcome: Type.Unsafe<'success' | 'failure'>({ type: 'string', enum: ['success', 'failure'], description: 'How it ended.', examples: ['success'] }),
  Reason: nullable(Type.String({ description: 'Why, in a word.', examples: ['password'] })),
  UserID: nullable(Type.Integer({ description: 'The account, where it was known.', examples: [1] })),
  Network: nullable(Network),
  UserAgent: nullable(UserAgent),
  RequestID: nullable(Type.String({ description: 'The id of the request, as the log has it.', examples: ['3f0c8a9c-7f1f-4a43-9d53-0b9f6f0e5a21'] }))
}, {
  $id: 'AccountEvent',
  description: 'Something that happened to an account.',
  examples: [{ EventID: '019abcde-0000-7000-8000-000000000000', OccurredAt: '2026-11-25T08:31:00.000Z', Type: 'login', Outcome: 'success', Reason: null, UserID: 1, Network: '203.0.113.7', UserAgent: 'DreamApp/2.1 (iPhone; iOS 19)', RequestID: '3f0c8a9c-7f1f-4a43-9d53-0b9f6f0e5a21' }]
})

export const Detail = Type.Object({
  Field: Type.String({ description: 'The refused field, or `Body` for the body as a whole.', examples: ['Email'] }),
  Reason: Type.String({ description: 'Why, in the language of `Msg`.', examples: ['邮箱格式不正确'] })
}, { $id: 'Detail', description: 'A refused field.', examples: [{ Field: 'Email', Reason: '邮箱格式不正确' }] })

/** A key that tokens can be checked with (RFC 7517, section 4; RFC 8037). */
export const PublicKey = Type.Object({
  kty: Type.String({ description: 'Family of the key: `OKP` or `EC`.', examples: ['OKP'] }),
  crv: Type.String({ description: 'Its curve: `Ed25519` or `P-256`.', examples: ['Ed25519'] }),
  x: Type.String({ description: 'The key, or the first coordinate of its point, in base64url.', examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] }),
  y: Type.Optional(Type.String({ description: 'The second coordinate; of `EC` alone.', examples: ['x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'] })),
  kid: Type.String({ description: 'The `kid` in the header of the tokens that the key is for.', examples: ['3f9a1c0b27d4e865'] }),
  alg: Type.Unsafe<Algorithm>({ type: 'string', enum: ALGORITHMS.filter(alg => alg !== 'HS256'), description: 'How it signs.', examples: ['EdDSA'] }),
  use: Type.Unsafe<'sig'>({ type: 'string', enum: ['sig'], description: 'What it is for: signatures.', examples: ['sig'] })
}, {
  $id: 'PublicKey',
  description: 'A public key that tokens can be checked with, as RFC 7517 has it.',
  examples: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: '3f9a1c0b27d4e865', alg: 'EdDSA', use: 'sig' }]
})

/** A JWK Set (RFC 7517, section 5). */
export const PublicKeySet = Type.Object({
  keys: Type.Array(ref(PublicKey), { description: 'None where tokens are signed with HS256, whose keys are secrets.' })
}, { $id: 'PublicKeySet', description: 'The public keys: a JWK Set (RFC 7517). The one answer that is no envelope.', examples: [{ keys: PublicKey.examples }] })

const hex = (characters: number, description: string, example: string) => Type.String({ description, pattern: `^[0-9a-f]{${characters}}$`, examples: [example] })

const captchaParameters = {
  algorithm: 'PBKDF2/SHA-256',
  cost: 1000,
  expiresAt: 1795733803,
  keyLength: 32,
  keyPrefix: '63e935eba1cfa57039e378bd2b2a6c38',
  keySignature: 'd40483cd0f1a4c8d3a5e82e98ff44121759beb46c83ce1695f64bdcc1c5aec7b',
  nonce: '5f73465cd7d2e1bb3844755bfcebca70',
  salt: 'b09845caaca773712e7f761cbe0e98ef'
}

/** The names are ALTCHA's, whose widget takes it as it is. */
export const CaptchaParameters = Type.Object({
  algorithm: Type.String({ description: 'What derives a key.', examples: [captchaParameters.algorithm] }),
  cost: Type.Integer({ description: 'Rounds of each derivation.', examples: [captchaParameters.cost] }),
  expiresAt: Type.Integer({ description: 'Until when a solution is taken: Unix time in seconds.', examples: [captchaParameters.expiresAt] }),
  keyLength: Type.Integer({ description: 'Bytes of a key.', examples: [captchaParameters.keyLength] }),
  keyPrefix: hex(32, 'What the key that is looked for begins with.', captchaParameters.keyPrefix),
  keySignature: hex(64, 'A keyed hash of that key, for the service.', captchaParameters.keySignature),
  nonce: hex(32, 'What a key is derived from: these bytes, and behind them the number that is looked for, in four bytes, the highest first.', captchaParameters.nonce),
  salt: hex(32, 'With what salt.', captchaParameters.salt)
}, { $id: 'CaptchaParameters', description: 'What is to be solved: the number, from 0 on, with which the key that is derived begins with `keyPrefix`.', examples: [captchaParameters] })

const captchaChallenge = { parameters: captchaParameters, signature: '831b5126d70cf0671307b260f2d62571ea29ab39ec7715e8ae2a97f6252ecfaf' }

export const CaptchaChallenge = Type.Object({
  parameters: ref(CaptchaParameters),
  signature: hex(64, 'Says that it is one of the service\'s.', captchaChallenge.signature)
}, { $id: 'CaptchaChallenge', description: 'A proof of work in the format of ALTCHA (https://altcha.org), version 3 of its widget.', examples: [captchaChallenge] })

/** The shared models: `src/app.ts` adds each to Fastify, so that routes refer to them by name. */
export const models: TSchema[] = [
  Email, Name, Password, LoginPassword, VerifyCode, Token, UserID, SessionID, Session, Role, User, AccountData, FormerEmail, AccountEvent,
  DependencyCheck, HealthChecks, PublicKey, PublicKeySet, Detail, CaptchaParameters, CaptchaChallenge
]

/** A reference to a shared model, typed as the model: one named component in OpenAPI, however often it is used. */
export function ref<S extends TSchema> (model: S): TUnsafe<Static<S>> {
  if (model.$id === undefined) throw new TypeError('only a model with an $id can be referred to')
  return Type.Unsafe<Static<S>>(Type.Ref(model.$id))
}

/** A request body: an object that takes nothing but the named fields. */
export function body<P extends TProperties> (fields: P): TObject<P> {
  return Type.Object(fields, { additionalProperties: false })
}

/** What a route asks for that is for whoever is logged in. */
export const bearer = { Bearer: [] }
