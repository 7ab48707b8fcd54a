import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import smCrypto from 'sm-crypto'
import t from 'tap'
import { fail } from '../../src/catalogue.ts'
import { createQueue, type Queue } from '../../src/queue.ts'
import { createPasswords, type Passwords } from '../../src/passwords.ts'

const ITERATIONS = 1000
const PHC = /^\$pbkdf2-sm3\$i=(\d+),l=32\$([A-Za-z0-9+/]{22,})\$([A-Za-z0-9+/]{43})$/
const PASSWORD = 'correct horse battery staple'

const straight: Queue = task => task()
const passwordsOf = (iterations = ITERATIONS, queue = straight): Passwords => createPasswords({ iterations, requireDigest: false }, queue)
const hex = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex')
const bare = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

/** A stored hash of the password, made by hand. */
function stored ({ name = 'pbkdf2-sm3', i = String(ITERATIONS), l = '32', salt = bare(Buffer.alloc(16, 7)), key = '' } = {}): string {
  const derived = pbkdf2Sync(smCrypto.sm3(PASSWORD), Buffer.from(salt, 'base64'), ITERATIONS, 32, 'sm3')
  return `$${name}$i=${i},l=${l}$${salt}$${key === '' ? bare(derived) : key}`
}

t.test('F2: native SM3 and PBKDF2-HMAC-SM3 give the published values', async t => {
  t.equal(hex('sm3', 'abc'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
  t.equal(hex('sm3', 'abcd'.repeat(16)), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732')
  t.equal(pbkdf2Sync('password', 'salt', 1024, 32, 'sm3').toString('hex'), '4cd3bf927c63b20cf181c3d992a4f933ce1f6776400f199969c163a004de855e')
})

t.test('native SM3 and sm-crypto\'s agree, whatever the string', async t => {
  const strings = ['', 'a', '123456', '密码', '梦'.repeat(70), '😀👩‍👩‍👧‍👦', 'é', 'e\u0301', '\u0000', '"\\\n', '\u{10FFFF}']
  for (let length = 0; length <= 200; length++) strings.push('x'.repeat(length), '汉'.repeat(length), '😀'.repeat(length), randomBytes(length).toString('latin1'))
  t.same(strings.filter(text => hex('sm3', text) !== smCrypto.sm3(text)), [])
  t.same(strings.filter(text => !/^[0-9a-f]{64}$/i.test(text) && passwordsOf().read(text).digest !== hex('sm3', text)), [])
})

t.test('C2: 64 hexadecimal digits of either case are the digest; anything else is digested', async t => {
  const digest = smCrypto.sm3(PASSWORD)
  for (const sent of [digest, digest.toUpperCase(), PASSWORD]) t.equal(passwordsOf().read(sent).digest, digest)
  for (const sent of [digest.slice(1), `${digest}0`, `${digest.slice(1)}g`, ` ${digest.slice(1)}`, `${digest}\n`]) t.equal(passwordsOf().read(sent).digest, smCrypto.sm3(sent), JSON.stringify(sent))
})

t.test('REQUIRE_PASSWORD_DIGEST refuses what is not a digest', async t => {
  const { read } = createPasswords({ iterations: ITERATIONS, requireDigest: true }, straight)
  t.equal(read(smCrypto.sm3(PASSWORD).toUpperCase()).digest, smCrypto.sm3(PASSWORD))
  t.throws(() => read(PASSWORD), fail('BadRequest', { refusals: [{ field: 'Password', reason: 'Digest' }] }))
})

t.test('C1: a hash is a PHC string of PBKDF2-HMAC-SM3 over the digest, with a salt of its own of at least 16 bytes', async t => {
  const { read, hash, verify } = passwordsOf()
  const hashes = await Promise.all(Array.from({ length: 20 }, () => hash(read(PASSWORD))))
  const salts = new Set<string>()
  for (const each of hashes) {
    const [, i, salt = '', key] = PHC.exec(each) ?? []
    t.equal(i, '1000')
    t.ok(Buffer.from(salt, 'base64').length >= 16)
    t.equal(key, bare(pbkdf2Sync(smCrypto.sm3(PASSWORD), Buffer.from(salt, 'base64'), ITERATIONS, 32, 'sm3')), 'anybody can recompute it')
    t.notMatch(each, smCrypto.sm3(PASSWORD))
    salts.add(salt)
    t.equal(await verify(each, read(smCrypto.sm3(PASSWORD).toUpperCase())), 'match')
  }
  t.equal(salts.size, hashes.length)
})

t.test('a wrong password does not match, not even one that differs in case or space', async t => {
  const { read, verify } = passwordsOf()
  t.equal(await verify(stored(), read(PASSWORD)), 'match')
  for (const wrong of ['wrong password', PASSWORD.toUpperCase(), `${PASSWORD} `, smCrypto.sm3(smCrypto.sm3(PASSWORD))]) t.equal(await verify(stored(), read(wrong)), 'mismatch')
})

t.test('C4: what is stored with fewer iterations matches as stale and is rehashed with more; more than asked for is kept', async t => {
  const { read, hash, verify } = passwordsOf(2000)
  t.equal(await verify(stored(), read(PASSWORD)), 'stale')
  t.equal(await verify(stored(), read('wrong password')), 'mismatch')
  t.match(await hash(read(PASSWORD)), /^\$pbkdf2-sm3\$i=2000,/)
  t.equal(await passwordsOf(500).verify(stored(), read(PASSWORD)), 'match')
})

t.test('C4, C6: a tampered or damaged hash is a mismatch, quickly, and never an error', async t => {
  const { read, verify } = passwordsOf()
  const tampered = [
    stored({ i: '10000001' }), stored({ i: '99999999' }), stored({ i: '4294967297' }), stored({ i: '9'.repeat(30) }), stored({ i: '0' }), stored({ i: '-1000' }), stored({ i: '1e3' }), stored({ i: '' }), stored({ i: '01000' }),
    stored({ l: '16' }), stored({ l: '64' }), stored({ l: '99' }), stored({ l: '999999999' }), stored({ l: '' }),
    stored({ salt: '' }), stored({ salt: 'A'.repeat(200) }), stored({ salt: '!'.repeat(22) }), stored({ key: 'AAAA' }), stored({ key: 'A'.repeat(44) }), stored({ key: '='.repeat(43) }), stored({ key: 'A'.repeat(100_000) }),
    stored({ name: 'pbkdf2-sha1' }), stored({ name: 'argon2id' }), '', '$', '$$$$', '$pbkdf2-sm3$', `${stored()}$`, ` ${stored()}`, `${stored()}\n`, '\u0000', 'x'.repeat(255), '密码', stored().toUpperCase()
  ]
  const start = performance.now()
  for (const each of tampered) t.equal(await verify(each, read(PASSWORD)), 'mismatch', each.slice(0, 80))
  // A hundred million iterations would take minutes.
  t.ok(performance.now() - start < 4_000)
})

t.test('E2: an unknown account, a damaged row and a bare digest cost one hash, as a known account does', async t => {
  let hashes = 0
  const { read, verify } = passwordsOf(ITERATIONS, task => { hashes++; return task() })
  for (const each of [stored(), undefined, 'damaged', smCrypto.sm3(PASSWORD)]) {
    hashes = 0
    await verify(each, read('wrong password'))
    t.equal(hashes, 1, String(each))
  }
})

t.test('an unknown account matches no password', async t => {
  const { read, verify } = passwordsOf()
  for (const sent of [PASSWORD, '', 'undefined', '0'.repeat(64)]) t.equal(await verify(undefined, read(sent)), 'mismatch')
})

t.test('C5: what the old service stored, hex SHA-256 of the string sent or its bare SM3, matches as stale for digesting and plain clients', async t => {
  const { read, verify } = passwordsOf()
  const digest = smCrypto.sm3(PASSWORD)
  const rows: Array<[string, string[]]> = [
    [hex('sha256', PASSWORD), [PASSWORD]],
    [hex('sha256', digest), [digest, PASSWORD]],
    [digest, [digest, digest.toUpperCase(), PASSWORD]],
    [hex('sm3', digest), [digest, PASSWORD]],
    [hex('sha256', digest.toUpperCase()), [digest.toUpperCase()]],
    [hex('sha256', PASSWORD).toUpperCase(), [PASSWORD]]
  ]
  for (const [row, sent] of rows) {
    for (const each of sent) t.equal(await verify(row, read(each)), 'stale', `${row.slice(0, 8)} for ${each.slice(0, 8)}`)
    t.equal(await verify(row, read('wrong password')), 'mismatch')
  }
})

t.test('C7: hashing and comparing are refused with 529 where the queue is full', async t => {
  const { read, hash, verify } = passwordsOf(ITERATIONS, createQueue(0, 0))
  for (const refused of [hash(read(PASSWORD)), verify(stored(), read(PASSWORD)), verify(undefined, read(PASSWORD))]) await t.rejects(refused, fail('Busy'))
})
