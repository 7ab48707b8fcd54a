import { Type } from '@sinclair/typebox'
import { ALGORITHMS, type Algorithm } from '../src/keys/key.ts'
import { PUBLISHED_MAX_AGE } from '../src/keys/key-set.ts'
import type { App } from '../src/app.ts'
import { replies } from '../src/schemas.ts'

const PublicKey = Type.Object({
  kty: Type.String({ description: '`OKP` or `EC`.' }),
  crv: Type.String({ description: '`Ed25519` or `P-256`.' }),
  x: Type.String(),
  y: Type.Optional(Type.String({ description: 'Of `EC` alone.' })),
  kid: Type.String({ description: 'The `kid` in the header of the tokens that the key is for.' }),
  alg: Type.Unsafe<Algorithm>({ type: 'string', enum: ALGORITHMS.filter(alg => alg !== 'HS256') }),
  use: Type.Unsafe<'sig'>({ type: 'string', enum: ['sig'] })
})

const published = {
  description: 'The public keys; none where tokens are signed with HS256, whose keys are secrets.',
  headers: {
    'Cache-Control': Type.String({ description: 'How long the keys may be kept: a new one is published for longer before it signs.' }),
    'Access-Control-Allow-Origin': Type.String({ description: 'Any: the keys are public.' })
  },
  content: {
    'application/json': {
      schema: Type.Object({ keys: Type.Array(PublicKey) }),
      examples: {
        EdDSA: { summary: 'One key of Ed25519', value: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: '3f9a1c0b27d4e865', alg: 'EdDSA', use: 'sig' }] } },
        HS256: { summary: 'No public key', value: { keys: [] } }
      }
    }
  }
}

const schema = {
  operationId: 'publicKeys',
  tags: ['Tokens'],
  summary: 'Keys to check tokens with',
  description: 'The public keys of the tokens as a JWK Set (RFC 7517), so that other services can check tokens by themselves: signature, `typ` `at+jwt`, `iss`, `aud`, `exp`. That does not tell whether a token was revoked; only `/CheckJWTToken` does. The form of this document is fixed by the RFC, so it is no envelope.',
  response: { ...replies([]), 200: published }
}

export async function jwks (app: App): Promise<void> {
  app.get('/.well-known/jwks.json', { schema, logLevel: 'warn' }, async (_request, reply) => {
    const keys = app.signer.publicKeys()
    return reply.headers({ 'cache-control': `public, max-age=${PUBLISHED_MAX_AGE}`, 'access-control-allow-origin': '*' }).send({ keys })
  })
}
