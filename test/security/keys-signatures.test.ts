import { sign } from 'node:crypto'
import t from 'tap'
import { build } from '../helper.ts'
import { claims, encode } from '../support/forge.ts'
import { ASYMMETRIC, forger } from '../support/forger.ts'
import { privateKeyOf, SECRET, signature } from '../support/keys.ts'

/** The order of the group of Ed25519 (RFC 8032, section 5.1) and of P-256 (FIPS 186-4, D.1.2.3). */
const ORDERS = { EdDSA: 2n ** 252n + 27742317777372353535851937790883648493n, ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n }

const number = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)
const bytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes).reverse()

for (const alg of ASYMMETRIC) {
  t.test(`T1: ${alg}: a signature of another form is none`, async t => {
    const { key, token, refused } = await forger(t, alg)
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
}

t.test('T1: ES256: a signature in DER is none', async t => {
  const { key, token, refused } = await forger(t, 'ES256')
  refused(token({}, claims(), input => sign('sha256', Buffer.from(input), privateKeyOf(key))), 'DER')
})

t.test('T1: EdDSA: a signature has one form: S beyond the order of the group is refused (RFC 8032, section 5.1.7)', async t => {
  const { key, token, refused } = await forger(t, 'EdDSA')
  refused(token({}, claims(), input => {
    const made = signature(key)(input)
    return Buffer.concat([made.subarray(0, 32), reversed(bytes(number(reversed(made.subarray(32))) + ORDERS.EdDSA))])
  }), 'S + L')
})

t.test('T1: ES256: the other form of a signature, which ECDSA has for each, says nothing but the same', async t => {
  const { key, token, signer } = await forger(t, 'ES256')
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
