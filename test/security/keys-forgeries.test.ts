import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { secretId } from '../../src/keys/key.ts'
import type { StoredKey } from '../../src/keys/key-set.ts'
import { claims, forge, hmac, seconds } from '../support/forge.ts'
import { keyOf, privateKeyOf, SECRET, signature } from '../support/keys.ts'
import { ASYMMETRIC, forger, other } from '../support/forger.ts'

/** All that somebody may take for the HMAC key, of what everybody knows of a key. */
function publicForms (key: StoredKey): Record<string, string | Buffer> {
  const publicKey = createPublicKey(privateKeyOf(key))
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const jwk = publicKey.export({ format: 'jwk' })
  return {
    pem,
    'pem without its last line end': pem.trimEnd(),
    der: publicKey.export({ type: 'spki', format: 'der' }),
    jwk: JSON.stringify(jwk),
    'the set of keys': JSON.stringify({ keys: [{ ...jwk, kid: key.kid, alg: key.alg, use: 'sig' }] }),
    x: Buffer.from(jwk.x ?? '', 'base64url'),
    'x as text': jwk.x ?? '',
    'the point': Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')]),
    kid: key.kid
  }
}

for (const alg of ASYMMETRIC) {
  t.test(`T1: ${alg}: an HMAC under what is public is no signature, whichever key it names`, async t => {
    const { set, key, refused } = await forger(t, alg)
    const ids = [key.kid, undefined, secretId(SECRET), ...set.keys.map(({ kid }) => kid)]
    for (const [what, octets] of Object.entries(publicForms(key))) {
      for (const kid of ids) for (const named of ['HS256', alg]) refused(forge({ alg: named, kid }, claims(), hmac(octets)), `${what}, ${named}, ${kid}`)
      refused(forge({ alg: 'HS512', kid: key.kid }, claims(), hmac(octets, 'sha512')), `${what}, HS512`)
    }
    refused(forge({ alg: 'HS256', kid: key.kid }, claims(), hmac(SECRET)), 'under JWT_SECRET_KEY, as this key')
    refused(forge({ alg: 'HS256', kid: key.kid }, claims(), hmac(Buffer.from(keyOf(set, 'previous').members.k ?? '', 'base64url'))), 'under a secret of the file, as this key')
  })

  t.test(`T1: ${alg}: the algorithm is the key's, whatever the header says`, async t => {
    const { token, refused } = await forger(t, alg)
    for (const named of ['none', 'None', 'NONE', '', null, undefined, 0, [alg], alg.toLowerCase(), 'HS256', 'RS256', 'PS256', 'ES384', 'ES256K', 'Ed25519', other(alg)]) {
      refused(token({ alg: named }), `${String(named)}, with our signature`)
      refused(token({ alg: named }, claims(), () => ''), `${String(named)}, without one`)
    }
    refused(token({}, claims(), () => ''), 'no signature')
    refused(token().slice(0, token().lastIndexOf('.')), 'two parts')
  })

  t.test(`T1, T4: ${alg}: a key signs as itself alone`, async t => {
    const { set, key, next, token, refused, signer } = await forger(t, alg)
    t.match(signer.verify(token({ alg: next.alg, kid: next.kid }, claims(), signature(next))), { sub: '1' }, 'the next key is accepted already')
    for (const { kid, alg: of } of set.keys) {
      if (kid !== key.kid) for (const named of [alg, of]) refused(token({ kid, alg: named }), `our signature, as the key ${kid} of ${of}`)
      if (kid !== next.kid) for (const named of [alg, of, next.alg]) refused(token({ kid, alg: named }, claims(), signature(next)), `that of the next key, as ${kid}`)
    }
    for (const kid of [undefined, null, '', 0, [key.kid], {}, true, `${key.kid} `, key.kid.toUpperCase().replace(/^\d+$/, 'A'), '__proto__', 'constructor', '../../dev/null', `${key.kid}\0`, "' OR 1=1 --"]) refused(token({ kid }), `kid ${JSON.stringify(kid)}`)
  })

  t.test(`T4: ${alg}: a key or its address in the header brings none in`, async t => {
    const { key, token, refused, signer } = await forger(t, alg)
    const { privateKey, publicKey } = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const theirs = (input: string): Buffer => sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: key.kid, alg }
    for (const header of [{ jwk }, { jku: 'http://127.0.0.1:9/' }, { x5u: 'http://127.0.0.1:9/' }, { x5c: [publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }]) {
      for (const kid of [key.kid, 'theirs', undefined]) refused(token({ ...header, kid }, claims(), theirs), `${Object.keys(header).join()}, ${kid}`)
      t.match(signer.verify(token(header)), { sub: '1' }, `${Object.keys(header).join()} changes nothing for a token of ours`)
    }
  })

  t.test(`T3, T4, T7: ${alg}: a critical extension, another type and a claim that is missing or of another type are refused`, async t => {
    const { token, refused } = await forger(t, alg)
    for (const crit of [['exp'], ['b64'], ['unknown'], [], '', null, false, 0, 'exp', {}]) refused(token({ crit, exp: 1 }), `crit ${JSON.stringify(crit)}`)
    for (const typ of [undefined, null, '', 'JWT', 'rt+jwt', 'at', ['at+jwt'], 1]) refused(token({ typ }), `typ ${JSON.stringify(typ)}`)
    const strange: Record<string, unknown[]> = {
      exp: [undefined, null, String(seconds() + 60), [seconds() + 60], {}, true, seconds() - 1, 0, -1, seconds() + 60.5],
      iat: [undefined, null, String(seconds()), [seconds()], {}, true, 0.5],
      iss: [undefined, null, '', 'nightmare', 1, ['dream'], {}],
      aud: [undefined, null, '', 'nightmare', 1, ['nightmare'], [], {}],
      sub: [undefined, null, '', 1, ['1'], {}, true],
      jti: [undefined, null, '', 1, ['a'], {}]
    }
    for (const [claim, values] of Object.entries(strange)) for (const value of values) refused(token({}, claims({ [claim]: value })), `${claim}: ${JSON.stringify(value)}`)
    refused(token({}, claims({ nbf: seconds() + 60 })), 'not valid yet')
  })
}
