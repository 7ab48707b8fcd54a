import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type RawReplyDefaultExpression, type RawRequestDefaultExpression, type RawServerDefault } from 'fastify'
import authentication from '../plugins/authentication.ts'
import breakers from '../plugins/breakers.ts'
import budget from '../plugins/budget.ts'
import database from '../plugins/database.ts'
import drain from '../plugins/drain.ts'
import envelope, { answerBadUrl } from '../plugins/envelope.ts'
import events from '../plugins/events.ts'
import hashing from '../plugins/hashing.ts'
import healthChecks from '../plugins/health.ts'
import jwt from '../plugins/jwt.ts'
import mailer from '../plugins/mailer.ts'
import metrics from '../plugins/metrics.ts'
import notices from '../plugins/notices.ts'
import requestHead from '../plugins/request-head.ts'
import requestLog from '../plugins/request-log.ts'
import services, { type Overrides } from '../plugins/services.ts'
import sessions from '../plugins/sessions.ts'
import shortcut from '../plugins/shortcut.ts'
import swagger from '../plugins/swagger.ts'
import traces from '../plugins/traces.ts'
import transport from '../plugins/transport.ts'
import validation, { ajv } from '../plugins/validation.ts'
import { account } from '../routes/account.ts'
import { changeUser } from '../routes/admin/change-user.ts'
import { deleteUser } from '../routes/admin/delete-user.ts'
import { listEvents } from '../routes/admin/list-events.ts'
import { listUsers } from '../routes/admin/list-users.ts'
import { revokeUserSessions } from '../routes/admin/revoke-user-sessions.ts'
import { showUser } from '../routes/admin/show-user.ts'
import { changeEmail } from '../routes/auth/change-email.ts'
import { changePassword } from '../routes/auth/change-password.ts'
import { confirmEmail } from '../routes/auth/confirm-email.ts'
import { deleteAccount } from '../routes/auth/delete-account.ts'
import { exportAccount } from '../routes/auth/export-account.ts'
import { listSessions } from '../routes/auth/list-sessions.ts'
import { login } from '../routes/auth/login.ts'
import { logout } from '../routes/auth/logout.ts'
import { refresh } from '../routes/auth/refresh.ts'
import { resetPassword } from '../routes/auth/reset-password.ts'
import { revokeSession } from '../routes/auth/revoke-session.ts'
import { showProfile } from '../routes/auth/show-profile.ts'
import { sign } from '../routes/auth/sign.ts'
import { updatePassword } from '../routes/auth/update-password.ts'
import { verify } from '../routes/auth/verify.ts'
import { checkJwtToken } from '../routes/check-jwt-token.ts'
import { devMailbox } from '../routes/dev/mailbox.ts'
import { docs } from '../routes/docs.ts'
import { health } from '../routes/health.ts'
import { jwks } from '../routes/jwks.ts'
import { catalogue } from './catalogue.ts'
import { refuseMalformed } from './client-error.ts'
import type { Config } from './config.ts'
import { withLazyChildren } from './lazy-log.ts'
import { createRequestIds } from './request-id.ts'
import { models } from './schemas.ts'

/** The application as routes see it: their schemas type their requests and replies. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>

const BODY_LIMIT = 16 * 1024
/** Longest that a client may take for its headers, and for its whole request: Node looks once a second at who is late. */
const HEADERS_MS = 10_000
const REQUEST_MS = 15_000
const LATE_CHECK_MS = 1_000
/** Longest that nothing may come or go while a request is under way: whoever does not read the answer is late too. */
const SILENCE_MS = 30_000
/** Longer than proxies keep idle connections, mostly 60 s: theirs is the first word. */
const KEEP_ALIVE_MS = 72_000

/**
 * The whole service, ready to listen or to be asked by `inject`.
 *
 * @param config the settings, from `loadConfig`
 * @param overrides fakes for the edges, for tests; and what a program beside the service does without
 * @param log where the log goes; nowhere when left out
 * @throws {ConfigError} for settings that turn out wrong only in use, such as a refused database password
 */
export async function buildApp (config: Config, overrides: Overrides = {}, log?: FastifyBaseLogger): Promise<App> {
  const requestId = createRequestIds(config.TRUST_PROXY)
  const app: App = Fastify({
    ...(log !== undefined && { loggerInstance: withLazyChildren(log) }),
    ajv,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    connectionTimeout: SILENCE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    genReqId: ({ headers, socket }) => requestId(headers['x-request-id'], socket.remoteAddress),
    // What still comes over an open connection while the service stops is served, and told to close.
    return503OnClosing: false,
    http: {
      headersTimeout: HEADERS_MS,
      connectionsCheckingInterval: LATE_CHECK_MS,
      insecureHTTPParser: false,
      // Of two Host or Authorization lines Node would take the first, and somebody on the way perhaps the last.
      joinDuplicateHeaders: true,
      // Node would answer a request without Host by itself, and not with an envelope: plugins/request-head.ts does.
      requireHostHeader: false
    },
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    frameworkErrors: answerBadUrl,
    clientErrorHandler: (error, socket) => {
      const status = refuseMalformed(error, socket, app.securityHeaders)
      if (status !== undefined) app.metrics?.answered({ route: 'unknown', method: 'other', status, code: catalogue.BadRequest.code })
    }
  })

  // What a client expects beyond 100-continue is no reason to refuse it, which Node would do without an envelope.
  app.server.on('checkExpectation', (request, response) => { app.server.emit('request', request, response) })

  try {
    await assemble(app, config, overrides)
    await app.ready()
  } catch (error) {
    await app.close().catch(() => {})
    throw error
  }
  return app
}

/** Every plugin and route, in order. */
async function assemble (app: App, config: Config, overrides: Overrides): Promise<void> {
  // The shape of every answer
  await app.register(drain, config)
  await app.register(traces, config)
  await app.register(transport, config)
  await app.register(requestLog)
  await app.register(requestHead)
  await app.register(envelope)
  await app.register(metrics, config)
  await app.register(shortcut, config)
  await app.register(validation)
  await app.register(swagger)
  for (const model of models) app.addSchema(model)

  // The world outside
  await app.register(breakers)
  await app.register(database, { config, overrides })
  await app.register(events, { config, overrides })
  if (config.mode === 'server') {
    const { default: redis } = await import('../plugins/redis.ts')
    await app.register(redis, config)
  }
  await app.register(mailer, config)
  await app.register(notices, { overrides })
  await app.register(hashing, { config, overrides })
  await app.register(jwt, { config, overrides })
  await app.register(healthChecks, config)
  await app.register(sessions, { config, overrides })
  await app.register(budget)
  await app.register(authentication)
  await app.register(services, { config, overrides })

  await app.register(patient)
  await app.register(jwks)

  // For operators and developers
  await app.register(health)
  await app.register(docs, { mailbox: app.mailbox !== null && !config.production })
  if (config.ACCOUNT_PAGES) await app.register(account, config)
  if (app.metrics !== null && config.METRICS_TOKEN !== undefined && config.METRICS_PORT === undefined) {
    const { metrics } = await import('../routes/metrics.ts')
    await app.register(metrics, { exposition: app.metrics, token: config.METRICS_TOKEN })
  }
  if (app.mailbox !== null && !config.production) await app.register(devMailbox, { mailbox: app.mailbox, config })
}

/** What waits for database and cache service, and no longer than a request may. */
async function patient (app: App): Promise<void> {
  app.addHook('onRoute', app.withinBudget)

  // Accounts
  await app.register(sign)
  await app.register(verify)
  await app.register(login)
  await app.register(resetPassword)
  await app.register(updatePassword)

  // Tokens
  await app.register(checkJwtToken)
  await app.register(refresh)
  await app.register(authenticated)
}

/** What takes a valid token. */
async function authenticated (app: App): Promise<void> {
  app.addHook('onRequest', app.authenticate)
  await app.register(logout)
  await app.register(listSessions)
  await app.register(revokeSession)
  await app.register(showProfile)
  await app.register(changePassword)
  await app.register(changeEmail)
  await app.register(confirmEmail)
  await app.register(exportAccount)
  await app.register(deleteAccount)
  await app.register(administrators)
}

/** What takes a super administrator besides. */
async function administrators (app: App): Promise<void> {
  app.addHook('onRequest', app.authorizeSuperAdmin)
  await app.register(listUsers)
  await app.register(showUser)
  await app.register(changeUser)
  await app.register(deleteUser)
  await app.register(revokeUserSessions)
  await app.register(listEvents)
}
