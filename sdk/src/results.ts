import { Refused } from './passwords.ts'
import type { operations } from './schema.ts'
import { answers, keys } from './tables.ts'
import { textOf } from './texts.ts'

/** An operation of the document whose answers are envelopes. */
export type Operation = keyof typeof answers & keyof operations

type Keys = typeof keys
type Json<Reply> = Reply extends { content: { 'application/json': infer Answer } } ? Answer : never
type Answer<Name extends Operation> = Json<operations[Name]['responses'][keyof operations[Name]['responses']]>
type Flat<T> = { [Key in keyof T]: T[Key] }

/** A decision for the request: Codes from 200 to 299. */
type Succeeded<Body, Code> = Flat<{ ok: true, error?: undefined, Code: Code } & Omit<Body, 'Code'>>
/** A decision against it, by its name in the document. */
type Failed<Body, Code extends keyof Keys> = Flat<{ ok: false, error: Keys[Code], Code: Code } & Omit<Body, 'Code'>>
type Decided<Body, Code> = Code extends 200 | 201 | 202 ? Succeeded<Body, Code> : Code extends keyof Keys ? Failed<Body, Code> : never
type DecidedBy<Body> = Body extends { Code: infer Code } ? Decided<Body, Code> : never

/** No answer of the service came: no network, no name, no time, or something between that answered for itself. It may have been carried out all the same. */
export interface Unreachable { ok: false, error: 'Unreachable', Code: 0, Msg: string }
/** An answer that this version of the client does not know. */
export interface Unknown { ok: false, error: 'Unknown', Code: number, Msg: string }

/** All that an operation may come to, as the document has it. `ok` and `error` tell which. */
export type Result<Name extends Operation> = DecidedBy<Answer<Name>> | Unreachable | Unknown

/** The fields that a request carries in its body. */
export type Body<Name extends Operation> = operations[Name] extends { requestBody?: { content: { 'application/json': infer Fields } } } ? Fields : never
/** What a request asks for in its address. */
export type Query<Name extends Operation> = NonNullable<operations[Name]['parameters']['query']>
/** The parts of its path that a request fills in. */
export type Path<Name extends Operation> = NonNullable<operations[Name]['parameters']['path']>

/** Nothing came back that the service has said. `cause` has what was thrown instead. */
export class NetworkError extends Error {
  constructor (cause: unknown) {
    super('the service could not be reached', { cause })
    this.name = 'NetworkError'
  }
}

interface Envelope { Code: number, Msg: string }

function isEnvelope (value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && 'Code' in value && Number.isInteger(value.Code) && 'Msg' in value && typeof value.Msg === 'string'
}

/** Whether the document has this Code for the operation; the rest of the answer is taken for what the document says of it. */
function isResult<Name extends Operation> (name: Name, result: Envelope): result is Result<Name> {
  const known: readonly number[] = answers[name]
  return known.includes(result.Code)
}

const isKnown = (code: number): code is keyof Keys => code in keys

function resultOf<Name extends Operation> (name: Name, answer: Envelope): Result<Name> {
  const ok = answer.Code >= 200 && answer.Code < 300
  const error = isKnown(answer.Code) ? keys[answer.Code] : undefined
  const result = ok ? { ...answer, ok } : { ...answer, ok, error }
  if (isResult(name, result)) return result
  return { ...answer, ok: false, error: 'Unknown' }
}

function refusalOf<Name extends Operation> (name: Name, { field, reason, limit }: Refused, language: string | undefined): Result<Name> {
  return resultOf(name, { Code: 400, Msg: textOf('BadRequest', language), ...{ Details: [{ Field: field, Reason: textOf(reason, language, limit) }] } })
}

/**
 * Makes a result of what was asked. Throws only what is neither an answer nor the want of one, such as what a store throws.
 *
 * @param language of what the client says by itself
 */
export async function settle<Name extends Operation> (name: Name, language: string | undefined, ask: () => Promise<{ data?: unknown, error?: unknown }>): Promise<Result<Name>> {
  const unreachable: Unreachable = { ok: false, error: 'Unreachable', Code: 0, Msg: textOf('Unreachable', language) }
  try {
    const { data, error } = await ask()
    const answer = data ?? error
    return isEnvelope(answer) ? resultOf(name, answer) : unreachable
  } catch (error) {
    if (error instanceof Refused) return refusalOf(name, error, language)
    // A page of a proxy, sent as a success.
    if (error instanceof NetworkError || error instanceof SyntaxError) return unreachable
    throw error
  }
}
