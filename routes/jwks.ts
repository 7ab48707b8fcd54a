import { Type } from '@sinclair/typebox'
import { PUBLISHED_MAX_AGE } from '../src/keys/key-set.ts'
import type { App } from '../src/app.ts'
import { replies } from '../src/replies.ts'
import { PublicKey, PublicKeySet, ref } from '../src/schemas.ts'

const published = {
  description: 'The public keys; none where tokens are signed with HS256, whose keys are secrets.',
  headers: {
    'Cache-Control': Type.String({ description: 'How long the keys may be kept: a new one is published for longer before it signs.' }),
    'Access-Control-Allow-Origin': Type.String({ description: 'Any: the keys are public.' })
  },
  content: {
    'application/json': {
      schema: ref(PublicKeySet),
      examples: {
        EdDSA: { summary: 'One key of Ed25519', value: { keys: PublicKey.examples } },
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
