import fastifyJwt from '@fastify/jwt'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../src/config.ts'
import type { Signer } from '../src/tokens.ts'

declare module 'fastify' {
  interface FastifyInstance { signer: Signer }
}

/** The media type of our tokens (RFC 9068), so that no other kind of token is taken for one (RFC 8725, section 3.11). */
const TYPE = 'at+jwt'

/** Signing and checking of tokens: HS256 and nothing else, every claim required (RFC 8725). */
async function jwt (app: FastifyInstance, config: Config): Promise<void> {
  await app.register(fastifyJwt, {
    secret: config.JWT_SECRET_KEY,
    sign: {
      algorithm: 'HS256',
      header: { alg: 'HS256', typ: TYPE },
      iss: config.JWT_ISSUER,
      aud: config.JWT_AUDIENCE
    },
    verify: {
      algorithms: ['HS256'],
      checkTyp: TYPE,
      allowedIss: config.JWT_ISSUER,
      allowedAud: config.JWT_AUDIENCE,
      requiredClaims: ['iss', 'aud', 'exp', 'iat', 'sub', 'jti']
    }
  })
  app.decorate('signer', { sign: claims => app.jwt.sign(claims), verify: token => app.jwt.verify(token) })
}

export default fp(jwt, { name: 'jwt' })
