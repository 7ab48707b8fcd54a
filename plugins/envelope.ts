import fp from 'fastify-plugin'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import type { ContextConfigDefault, FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaValidationError, FastifyTypeProvider, FastifyTypeProviderDefault, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerBase, RawServerDefault, RouteGenericInterface } from 'fastify'
import type { ResolveFastifyReplyType, FastifyReplyType } from 'fastify/types/type-provider.js'
import { preferredLanguage } from '../src/accept-language.ts'
import { catalogue, Failure, fail, reasons, type Key, type Language, type Refusal } from '../src/catalogue.ts'

type KeyOf<Code> = { [K in Key]: typeof catalogue[K]['code'] extends Code ? K : never }[Key]
type Extra<ReplyType> = Omit<ReplyType, 'Code' | 'Msg'>
/** What `answer` takes: a key that the route documents, and what such an answer carries beside `Code` and `Msg`. Any key where nothing is documented. */
type Answer<ReplyType> = ReplyType extends { Code: infer Code }
  ? [key: KeyOf<Code>, extra: Extra<ReplyType>] | (Record<never, never> extends Extra<ReplyType> ? [key: KeyOf<Code>] : never)
  : [key: Key, extra?: object]

declare module 'fastify' {
  interface FastifyRequest {
    /** English where `Accept-Language` prefers it to Chinese, else Chinese. */
    language: Language
  }

  // The type parameters repeat those of FastifyReply: with others, `answer` would not know the route's reply type.
  /* eslint-disable @typescript-eslint/no-unused-vars */
  interface FastifyReply<
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
    RawReply extends RawReplyDefaultExpression<RawServer> = RawReplyDefaultExpression<RawServer>,
    ContextConfig = ContextConfigDefault,
    SchemaCompiler extends FastifySchema = FastifySchema,
    TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
    ReplyType extends FastifyReplyType = ResolveFastifyReplyType<TypeProvider, SchemaCompiler, RouteGeneric>
  > {
    /** Sends the envelope of a catalogue entry: its HTTP status, `Code`, `Msg` and the fields that the route documents for it. */
    answer (...answer: Answer<ReplyType>): this
    /** The catalogue key this reply was answered with, for the log. */
    answeredWith: Key | null
  }
  /* eslint-enable @typescript-eslint/no-unused-vars */
}

const MOST_DETAILS = 20

/** The methods that `Allow` may list. */
const METHODS: HTTPMethod[] = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Envelopes without fields of their own, written out once: that of a token check is asked for more often than all others together. */
const written: Record<Language, Map<Key, string>> = { zh: new Map(), en: new Map() }

export function writtenEnvelope (key: Key, language: Language): string {
  const known = written[language].get(key)
  if (known !== undefined) return known
  const text = JSON.stringify({ Code: catalogue[key].code, Msg: catalogue[key][language] })
  written[language].set(key, text)
  return text
}

function languageOf ({ headers }: FastifyRequest): Language {
  return preferredLanguage(headers['accept-language'])
}

function answer (this: FastifyReply, key: Key, extra?: Record<string, unknown>): FastifyReply {
  return sendEnvelope(this, key, extra)
}

function sendEnvelope (reply: FastifyReply, key: Key, extra?: Record<string, unknown>): FastifyReply {
  const entry = catalogue[key]
  const language = languageOf(reply.request)
  reply.answeredWith = key
  reply.code(entry.status)
  if ('retryAfter' in entry) reply.header('retry-after', entry.retryAfter)
  if (reply.server.draining) reply.header('connection', 'close')
  if (extra === undefined) return reply.type(JSON_TYPE).send(writtenEnvelope(key, language))
  return reply.send({ Code: entry.code, Msg: entry[language], ...extra })
}

/** Field errors of Ajv as refusals, one a field, the first that was found. */
function refusalsOf (errors: NonNullable<FastifyError['validation']>): Refusal[] {
  const found = new Map<string, Refusal>()
  for (const error of errors) {
    const { instancePath, params } = error
    const field = String(params.missingProperty ?? params.additionalProperty ?? (instancePath.slice(1) || 'Body'))
    if (!found.has(field)) found.set(field, refusal(field, error))
  }
  return [...found.values()]
}

const types: Record<string, keyof typeof reasons> = { string: 'String', boolean: 'Boolean', integer: 'Integer', object: 'Object' }

/** A pattern of nothing but digits: how a query or a path, where all is text, asks for an integer. */
const DIGITS = /^\^(?:\[[0-9]-[0-9]\](?:\{[0-9,]+\}|[+*?])?)+\$$/

function refusal (field: string, { keyword, params }: FastifySchemaValidationError): Refusal {
  const limit = Number(params.limit)
  switch (keyword) {
    case 'required': return { field, reason: 'Required' }
    case 'additionalProperties': return { field, reason: 'Unknown' }
    case 'type': return { field, reason: types[String(params.type)] ?? 'Invalid' }
    case 'enum': return { field, reason: 'OneOf', limit: [params.allowedValues].flat().join(', ') }
    case 'minLength': return { field, reason: 'TooShort', limit }
    case 'maxLength': return { field, reason: 'TooLong', limit }
    case 'minimum': return { field, reason: 'TooSmall', limit }
    case 'maximum': return { field, reason: 'TooLarge', limit }
    case 'format':
    case 'pattern':
      if (field in reasons) return { field, reason: field as keyof typeof reasons }
      return { field, reason: DIGITS.test(String(params.pattern)) ? 'Integer' : 'Invalid' }
    default: return { field, reason: 'Invalid' }
  }
}

/** Any error of Fastify or of our own, as the failure it means to the client. */
function failureOf (error: FastifyError): Failure {
  if (error instanceof Failure) return error
  // Whatever was thrown: a mistake of ours may throw anything.
  if (!(error instanceof Error)) return fail('InternalError', {}, error)
  if (error.validation) return fail('BadRequest', { refusals: refusalsOf(error.validation) })
  switch (error.statusCode) {
    case 404: return fail('NotFound')
    case 413: return fail('BodyTooLarge')
    case 415: return fail('UnsupportedMediaType')
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return fail('BadRequest', { refusals: [{ field: 'Body', reason: error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY' ? 'Object' : 'Invalid' }] }, error)
  }
  return fail('InternalError', {}, error)
}

/** The answer to a URL that cannot be read, for which Fastify runs no hook: what they do is done here. The error repeats the URL, and is no business of the log. */
export function answerBadUrl (_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { code, status } = catalogue.BadRequest
  const { method, id, log, server, raw } = request
  log.info({ method, route: 'unknown', status, code }, 'request')
  server.metrics?.answered({ route: 'unknown', method, status, code })
  sendEnvelope(reply.headers({ ...server.headersFor(raw), 'x-request-id': id }), 'BadRequest', { Details: [{ Field: 'Path', Reason: reasons.Invalid[languageOf(request)] }] })
}

/** Whose breaker has told the log of an outage. */
const DEPENDENCY = { DatabaseUnavailable: 'Database', CacheUnavailable: 'Redis' } as const

/** Whether the log was told that what the request needed is away. */
function isTold ({ key }: Failure, { server }: FastifyRequest): boolean {
  return (key === 'DatabaseUnavailable' || key === 'CacheUnavailable') && server.breakers.get(DEPENDENCY[key])?.state() === 'open'
}

/** The one place where an error becomes an answer. */
export function answerError (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(error)
  const { refusals, audit: _forTheAuditTrail, limit: _forTheMetrics, ...extra } = failure.fields
  const { code, status } = catalogue[failure.key]
  // What has no cause, such as a full queue, or a known one, is told by the line of the request: a storm must not flood the log as well.
  if (status === 500) request.log.error({ err: failure.cause ?? failure, code }, failure.message)
  else if (failure.cause !== undefined && !isTold(failure, request)) request.log[status > 500 ? 'warn' : 'info']({ err: failure.cause, code }, failure.message)
  if (extra.RetryAfter !== undefined) reply.header('retry-after', extra.RetryAfter)
  // RFC 6750, section 3.1: the error is named only where a token was sent.
  if (status === 401) reply.header('www-authenticate', /^Bearer\b/i.test(request.headers.authorization ?? '') ? 'Bearer realm="dream", error="invalid_token"' : 'Bearer realm="dream"')
  const language = languageOf(request)
  const details = refusals?.slice(0, MOST_DETAILS).map(({ field, reason, limit }) => (
    { Field: field, Reason: reasons[reason][language].replace('{limit}', String(limit)) }))
  return sendEnvelope(reply, failure.key, { ...extra, ...(details && { Details: details }) })
}

/** Decorates `reply.answer`, and makes every error, unknown path and wrong method an envelope. */
async function envelope (app: FastifyInstance): Promise<void> {
  const routes = findMyWay()

  app.decorateRequest('language', {
    getter () { return languageOf(this) }
  })
  app.decorateReply('answeredWith', null)
  app.decorateReply('answer', answer)
  app.setErrorHandler(answerError)

  app.addHook('onRoute', ({ method, url }) => {
    for (const each of METHODS) {
      if ([method].flat().includes(each) && !routes.hasRoute(each, url)) routes.on(each, url, () => {})
    }
  })
  // Before the body is read: what is sent to a path that does not exist is nobody's business.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = METHODS.filter(method => routes.find(method, path) !== null)
    if (allowed.length === 0) reply.answer('NotFound')
    else reply.header('allow', allowed.join(', ')).answer('MethodNotAllowed')
  })
  app.setNotFoundHandler((_request, reply) => reply.answer('NotFound'))
}

export default fp(envelope, { name: 'envelope', dependencies: ['drain', 'transport'] })
