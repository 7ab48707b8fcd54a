import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import t, { type Test } from 'tap'
import { build } from '../helper.ts'
import { secretId, type Algorithm } from '../../src/keys/key.ts'
import { createKeySet, rotateKeySet, type KeySet, type StoredKey } from '../../src/keys/key-set.ts'
import { claims, encode, forge, hmac, seconds } from '../support/forge.ts'
import { keyOf, moment, privateKeyOf, SECRET, signature, withKeys } from '../support/keys.ts'

type Json = Record<string, unknown>

const ASYMMETRIC = ['EdDSA', 'ES256'] as const
const other = (alg: Algorithm): Algorithm => alg === 'EdDSA' ? 'ES256' : 'EdDSA'
/** The order of the group of Ed25519 (RFC 8032, section 5.1) and of P-256 (FIPS 186-4, D.1.2.3). */
const ORDERS = { EdDSA: 2n ** 252n + 27742317777372353535851937790883648493n, ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n }

const number = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)
const bytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes).reverse()

/** A service whose current key is of the algorithm, the next one of the other, and a former one of HS256. */
async function world (t: Test, alg: Algorithm) {
  const first = createKeySet(SECRET, moment('HS256'))
  const set = [alg, other(alg)].reduce<KeySet>((set, each) => rotateKeySet(set, moment(each)), rotateKeySet(first, moment(alg)))
  const { settings } = withKeys(t, alg, set)
  const { app: { signer } } = await build(t, 'embedded', settings)
  const key = keyOf(set, 'current')
  const next = keyOf(set, 'next')
  t.same([key.alg, next.alg], [alg, other(alg)])
  const token = (header: Json = {}, payload = claims(), signed: (input: string) => Buffer | string = signature(key)): string => forge({ alg, kid: key.kid, ...header }, payload, signed)
  t.match(signer.verify(token()), { sub: '1' }, 'a token made like this is accepted')
  return { signer, set, key, next, token, refused: (sent: string, why: string) => { t.throws(() => signer.verify(sent), why) } }
}

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
    const { set, key, refused } = await world(t, alg)
    const ids = [key.kid, undefined, secretId(SECRET), ...set.keys.map(({ kid }) => kid)]
    for (const [what, octets] of Object.entries(publicForms(key))) {
      for (const kid of ids) for (const named of ['HS256', alg]) refused(forge({ alg: named, kid }, claims(), hmac(octets)), `${what}, ${named}, ${kid}`)
      refused(forge({ alg: 'HS512', kid: key.kid }, claims(), hmac(octets, 'sha512')), `${what}, HS512`)
    }
    refused(forge({ alg: 'HS256', kid: key.kid }, claims(), hmac(SECRET)), 'under JWT_SECRET_KEY, as this key')
    refused(forge({ alg: 'HS256', kid: key.kid }, claims(), hmac(Buffer.from(keyOf(set, 'previous').members.k ?? '', 'base64url'))), 'under a secret of the file, as this key')
  })

  t.test(`T1: ${alg}: the algorithm is the key's, whatever the header says`, async t => {
    const { token, refused } = await world(t, alg)
    for (const named of ['none', 'None', 'NONE', '', null, undefined, 0, [alg], alg.toLowerCase(), 'HS256', 'RS256', 'PS256', 'ES384', 'ES256K', 'Ed25519', other(alg)]) {
      refused(token({ alg: named }), `${String(named)}, with our signature`)
      refused(token({ alg: named }, claims(), () => ''), `${String(named)}, without one`)
    }
    refused(token({}, claims(), () => ''), 'no signature')
    refused(token().slice(0, token().lastIndexOf('.')), 'two parts')
  })

  t.test(`T1, T4: ${alg}: a key signs as itself alone`, async t => {
    const { set, key, next, token, refused, signer } = await world(t, alg)
    t.match(signer.verify(token({ alg: next.alg, kid: next.kid }, claims(), signature(next))), { sub: '1' }, 'the next key is accepted already')
    for (const { kid, alg: of } of set.keys) {
      if (kid !== key.kid) for (const named of [alg, of]) refused(token({ kid, alg: named }), `our signature, as the key ${kid} of ${of}`)
      if (kid !== next.kid) for (const named of [alg, of, next.alg]) refused(token({ kid, alg: named }, claims(), signature(next)), `that of the next key, as ${kid}`)
    }
    for (const kid of [undefined, null, '', 0, [key.kid], {}, true, `${key.kid} `, key.kid.toUpperCase().replace(/^\d+$/, 'A'), '__proto__', 'constructor', '../../dev/null', `${key.kid}\0`, "' OR 1=1 --"]) refused(token({ kid }), `kid ${JSON.stringify(kid)}`)
  })

  t.test(`T1: ${alg}: a signature of another form is none`, async t => {
    const { key, token, refused } = await world(t, alg)
    const whole = (input: string): Buffer => signature(key)(input)
    const zero = Buffer.alloc(64)
    const order = ORDERS[alg]
    const ends = alg === 'ES256' ? [bytes(order), bytes(order - 1n), bytes(1n)] : [reversed(bytes(order)), Buffer.alloc(32, 255), Buffer.from(key.members.x ?? '', 'base64url')]
    const forms: Record<string, (input: string) => Buffer | string> = {
      'zero (r = s = 0)': () => zero,
      'DER of zero': () => Buffer.from('3006020100020100', 'hex'),
      'all ones': () => Buffer.alloc(64, 255),
      'cut short': input => whole(input).subarray(0, 63),
      'half of it': input => whole(input).subarray(0, 32),
      longer: input => Buffer.concat([whole(input), Buffer.alloc(1)]),
      twice: input => Buffer.concat([whole(input), whole(input)]),
      'a zero before it': input => Buffer.concat([Buffer.alloc(1), whole(input)]),
      'its halves swapped': input => Buffer.concat([whole(input).subarray(32), whole(input).subarray(0, 32)]),
      'one bit changed': input => { const made = whole(input); made[40] = (made[40] ?? 0) ^ 1; return made },
      'of something else': () => whole('something else'),
      padded: input => `${whole(input).toString('base64url')}==`,
      'plain base64': input => `${whole(input).toString('base64').replaceAll('=', '')}+`,
      'with a line end': input => `${whole(input).toString('base64url')}\n`,
      'spare bits set': input => spareBits(whole(input).toString('base64url')),
      hexadecimal: input => whole(input).toString('hex')
    }
    for (const r of [zero.subarray(32), ...ends]) for (const s of [zero.subarray(32), ...ends]) forms[`made up: ${r.toString('hex', 0, 4)} ${s.toString('hex', 0, 4)}`] = () => Buffer.concat([r, s])
    for (const [what, form] of Object.entries(forms)) refused(token({}, claims(), form), what)
  })

  t.test(`T4: ${alg}: a key or its address in the header brings none in`, async t => {
    const { key, token, refused, signer } = await world(t, alg)
    const { privateKey, publicKey } = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const theirs = (input: string): Buffer => sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: key.kid, alg }
    for (const header of [{ jwk }, { jku: 'http://127.0.0.1:9/' }, { x5u: 'http://127.0.0.1:9/' }, { x5c: [publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }]) {
      for (const kid of [key.kid, 'theirs', undefined]) refused(token({ ...header, kid }, claims(), theirs), `${Object.keys(header).join()}, ${kid}`)
      t.match(signer.verify(token(header)), { sub: '1' }, `${Object.keys(header).join()} changes nothing for a token of ours`)
    }
  })

  t.test(`T3, T4, T7: ${alg}: a critical extension, another type and a claim that is missing or of another type are refused`, async t => {
    const { token, refused } = await world(t, alg)
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

t.test('T1: ES256: a signature in DER is none', async t => {
  const { key, token, refused } = await world(t, 'ES256')
  refused(token({}, claims(), input => sign('sha256', Buffer.from(input), privateKeyOf(key))), 'DER')
})

t.test('T1: EdDSA: a signature has one form: S beyond the order of the group is refused (RFC 8032, section 5.1.7)', async t => {
  const { key, token, refused } = await world(t, 'EdDSA')
  refused(token({}, claims(), input => {
    const made = signature(key)(input)
    return Buffer.concat([made.subarray(0, 32), reversed(bytes(number(reversed(made.subarray(32))) + ORDERS.EdDSA))])
  }), 'S + L')
})

t.test('T1: ES256: the other form of a signature, which ECDSA has for each, says nothing but the same', async t => {
  const { key, token, signer } = await world(t, 'ES256')
  const payload = claims()
  const twin = token({}, payload, input => {
    const made = signature(key)(input)
    return Buffer.concat([made.subarray(0, 32), bytes(ORDERS.ES256 - number(made.subarray(32)))])
  })
  t.same(signer.verify(twin), payload)
})

/** Other letters for the same bytes: 64 bytes leave four bits of the last letter unused. */
function spareBits (text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + letters[letters.indexOf(text.slice(-1)) + 1]
}

t.test('T1: HS256: other letters for the same signature are refused too', async t => {
  const { app: { signer } } = await build(t, 'embedded', { JWT_SECRET_KEY: SECRET })
  const token = signer.sign({ sub: '1', jti: 'a' })
  t.match(signer.verify(token), { sub: '1' })
  t.throws(() => signer.verify(spareBits(token)))
  t.throws(() => signer.verify(`${token.slice(0, token.lastIndexOf('.'))}.${encode({})}`))
})
