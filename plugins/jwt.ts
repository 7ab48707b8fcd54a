import fastifyJwt from '@fastify/jwt'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { ConfigError, errorCode, type Config } from '../src/config.ts'
import { KeyError } from '../src/keys/key.ts'
import { locked, readKeyFile, writeKeyFile } from '../src/keys/key-file.ts'
import { createKeyRing } from '../src/keys/key-ring.ts'
import { createKeySet, type KeySet } from '../src/keys/key-set.ts'
import { createSigner, TOKEN_TYPE, type Signer } from '../src/keys/signer.ts'
import { watchKeyFile } from '../src/keys/watch.ts'
import { lifetimeSeconds } from '../src/lifetime.ts'
import type { Overrides } from './services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Signs and checks tokens with the keys of the moment. */
    signer: Signer
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT { payload: object }
}

type OpenKeys = { set: KeySet, version: string } | undefined

/** Signing and checking of tokens: an algorithm for each key and no other, every claim required (RFC 8725). */
async function jwt (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  const { JWT_SECRET_KEY: secret, JWT_ISSUER, JWT_AUDIENCE, JWT_KEYS_FILE: file } = config
  // Each call names a key of its own: the secret here is what the plugin insists on.
  await app.register(fastifyJwt, {
    secret,
    decode: { complete: true },
    sign: { iss: JWT_ISSUER, aud: JWT_AUDIENCE },
    verify: {
      checkTyp: TOKEN_TYPE,
      allowedIss: JWT_ISSUER,
      allowedAud: JWT_AUDIENCE,
      requiredClaims: ['iss', 'aud', 'exp', 'iat', 'sub', 'jti']
    }
  })

  const keys = await openKeys(config)
  warnOfOtherAlgorithm(app, config, keys)
  // In embedded mode its absence is usual.
  if (keys === undefined && file !== undefined && config.mode === 'server') app.log.warn('JWT_KEYS_FILE names a file that does not exist: JWT_SECRET_KEY signs until it does')
  const { signer, use, settle } = createSigner(
    { sign: (claims, options) => app.jwt.sign(claims, options), decode: token => app.jwt.decode(token), verify: (token, options) => app.jwt.verify(token, options) },
    createKeyRing(secret, keys?.set),
    { lifetime: lifetimeSeconds(config.JWT_EXPIRES_IN), now: overrides.wallClock ?? Date.now }
  )
  app.decorate('signer', signer)
  if (file === undefined) return
  const close = watchKeyFile(file, {
    version: keys?.version,
    use (set) {
      use(createKeyRing(secret, set))
      app.log.info('signing keys read anew')
    },
    look: settle,
    warn: reason => { app.log.warn(`JWT_KEYS_FILE ${reason}: going on with the keys read before`) }
  })
  app.addHook('onClose', async () => { close() })
}

/** The keys of the file. What needs a file and has none makes one in embedded mode, where there is nobody to share it with. */
async function openKeys (config: Config): Promise<OpenKeys> {
  const { JWT_KEYS_FILE: file, JWT_ALGORITHM: alg = 'HS256', JWT_SECRET_KEY: secret, mode } = config
  const asymmetric = alg !== 'HS256'
  if (file === undefined) {
    if (asymmetric) throw new ConfigError('JWT_KEYS_FILE is missing: JWT_ALGORITHM needs a key file in server mode; name one and run "npm run keys -- create"')
    return undefined
  }
  try {
    const found = await readKeyFile(file)
    if (found !== undefined || !asymmetric) return found
    if (mode === 'server') throw new ConfigError('JWT_KEYS_FILE names a file that does not exist: run "npm run keys -- create", or "-- rotate" while others are running')
    return await locked(file, async () => {
      const moment = { now: Math.floor(Date.now() / 1_000), lifetime: lifetimeSeconds(config.JWT_EXPIRES_IN), alg }
      if (await readKeyFile(file) === undefined) writeKeyFile(file, createKeySet(secret, moment))
      return readKeyFile(file)
    })
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`JWT_KEYS_FILE ${error instanceof KeyError ? error.message : `cannot be used (${errorCode(error)})`}`)
  }
}

function warnOfOtherAlgorithm (app: FastifyInstance, { JWT_ALGORITHM }: Config, keys: OpenKeys): void {
  const current = keys?.set.keys.find(({ state }) => state === 'current')
  if (JWT_ALGORITHM === undefined || current === undefined || current.alg === JWT_ALGORITHM) return
  app.log.warn(`JWT_ALGORITHM is ${JWT_ALGORITHM}, but the current key is for ${current.alg} and signs: "npm run keys -- rotate" twice brings the other in`)
}

export default fp(jwt, { name: 'jwt' })
