import { Type, type Static, type TObject, type TProperties, type TSchema, type TUnsafe } from '@sinclair/typebox'
import { catalogue, type Key } from './catalogue.ts'
import { CaptchaChallenge, Detail, ref } from './schemas.ts'

/** Fields that some answers carry beside `Code` and `Msg`, by catalogue key, with an example of each. */
export const carried = {
  BadRequest: { fields: { Details: Type.Array(ref(Detail), { description: 'What is wrong, one entry a field.' }) }, example: { Details: [{ Field: 'Email', Reason: '邮箱格式不正确' }] } },
  CaptchaRequired: { fields: { Challenge: ref(CaptchaChallenge) }, example: { Challenge: CaptchaChallenge.examples?.[0] } },
  TooManyRequests: { fields: { RetryAfter: Type.Integer({ description: 'Seconds until it is worth trying again.', minimum: 1, examples: [42] }) }, example: { RetryAfter: 42 } },
  UserExists: { fields: { Field: Type.Unsafe<'Email' | 'Name'>({ type: 'string', enum: ['Email', 'Name'], description: 'Which of the two is taken.', examples: ['Email'] }) }, example: { Field: 'Email' } }
} satisfies Partial<Record<Key, { fields: TProperties, example: Record<string, unknown> }>>

/** What any route may answer that a body can be sent to. */
export const PARSED = ['BadRequest', 'BodyTooLarge', 'UnsupportedMediaType'] as const satisfies Key[]
/** What any route with a body may answer besides where tries are counted. */
export const BODY = [...PARSED, 'CaptchaRequired', 'TooManyRequests'] as const satisfies Key[]

/** An answer of a route that has fields of its own: a component of the document. */
export interface Named<K extends Key = Key, P extends TProperties = TProperties> {
  name: string
  /** The catalogue keys that it comes with. */
  keys: readonly K[]
  fields: P
  /** Those fields as an example, for each key. */
  examples: Partial<Record<Key, object>>
}

/**
 * An answer with fields of the route's own.
 *
 * @param name of the component, as a client will read it in generated code: `LoginSuccess`
 * @param fields beside `Code` and `Msg`
 * @param examples of these fields, for each catalogue key that comes with them
 */
export function named<K extends Key, P extends TProperties> (name: string, fields: P, examples: Record<K, object>): Named<K, P> {
  return { name, keys: Object.keys(examples) as K[], fields, examples }
}

export type Item = Key | Named
type KeyOf<I extends Item> = I extends Named<infer K, TProperties> ? K : I extends Key ? I : never
type StatusOf<K extends Key> = typeof catalogue[K]['status']
type Carried<K extends Key> = K extends keyof typeof carried ? Static<TObject<typeof carried[K]['fields']>> : unknown
type Fields<I extends Item> = I extends Named<Key, infer P> ? Static<TObject<P>> : I extends Key ? Carried<I> : never
type Envelope<K extends Key, F> = K extends Key ? { Code: typeof catalogue[K]['code'], Msg: string } & F : never
type MediaType<S extends TSchema> = { content: { 'application/json': { schema: S } } }
type Replies<I extends Item> = { [E in I as StatusOf<KeyOf<E>>]: MediaType<TUnsafe<Envelope<KeyOf<E>, Fields<E>>>> }

/** Under what a response schema keeps what the document says of it, by HTTP status: Fastify looks at none but string keys. */
export const DOCUMENTED = Symbol('documented')
export interface Documented { items: Item[], headers: Record<string, TSchema> }

const Msg = Type.String()
const Code = Type.Integer()

/** The catalogue keys that an answer comes with. */
export function keysOf (item: Item): readonly Key[] {
  return typeof item === 'string' ? [item] : item.keys
}

/** What it carries beside `Code` and `Msg`. */
export function fieldsOf (item: Item): TProperties {
  if (typeof item !== 'string') return item.fields
  return item in carried ? carried[item as keyof typeof carried].fields : {}
}

/** All its keys share one HTTP status. */
function statusOf (item: Item): number {
  const [status, ...others] = new Set(keysOf(item).map(key => catalogue[key].status))
  if (status === undefined || others.length > 0) throw new TypeError('an answer has catalogue keys of one HTTP status')
  return status
}

/** What any route may answer: a head that can be read in two ways is refused wherever it is for. */
const ALWAYS = ['BadRequest', 'InternalError'] as const satisfies Key[]

/**
 * The `response` schema of a route. The service writes the answers of one HTTP status by one schema, which has the fields of all of
 * them, and such as have no fields of the route's own by none; the document tells them apart (`src/document/`).
 *
 * @param items what the route may answer: catalogue keys, and `named` answers; HTTP 400 and 500 aside, which every route may
 * @param headers of the HTTP 200 reply
 */
export function replies<const I extends Item> (items: readonly I[], headers: Record<string, TSchema> = {}): Replies<I | typeof ALWAYS[number]> {
  const documented = new Map<number, Documented>()
  for (const item of new Set<Item>([...items, ...ALWAYS])) {
    const status = statusOf(item)
    const reply = documented.get(status) ?? { items: [], headers: status === 200 ? headers : {} }
    reply.items.push(item)
    documented.set(status, reply)
  }
  const response: object = {
    ...Object.fromEntries([...documented].flatMap(([status, { items }]) => items.some(item => typeof item !== 'string') ? [[status, written(items)]] : [])),
    [DOCUMENTED]: documented
  }
  return response as Replies<I | typeof ALWAYS[number]>
}

function written (items: Item[]): MediaType<TObject> {
  const fields = items.flatMap(item => Object.entries(fieldsOf(item)).map(([name, field]) => [name, items.length === 1 ? field : Type.Optional(field)]))
  return { content: { 'application/json': { schema: Type.Object({ Code, Msg, ...Object.fromEntries(fields) }) } } }
}
