import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import { verify as verifyArgon2 } from '@node-rs/argon2'
import smCrypto from 'sm-crypto'
import t from 'tap'
import { fail } from '../../src/catalogue.ts'
import { createQueue, type Queue } from '../../src/queue.ts'
import { checkSm3, createPasswords, type PasswordOptions, type Passwords } from '../../src/passwords.ts'
import { createPepper } from '../../src/pepper.ts'
import { parseHash, type Cost, type Inner } from '../../src/phc.ts'
import { createHashThreads, type Stretch } from '../../src/stretch.ts'

const ITERATIONS = 1000
const PHC = /^\$pbkdf2-sm3\$i=(\d+),l=32\$([A-Za-z0-9+/]{22,})\$([A-Za-z0-9+/]{43})$/
const PASSWORD = 'correct horse battery staple'

const straight: Queue = task => task()
const threads = createHashThreads()
t.teardown(() => threads.close())
const pbkdf2 = (iterations: number): Cost => ({ scheme: 'pbkdf2-sm3', iterations })
const make = (options: Partial<PasswordOptions>, queue: Queue = straight, stretch: Stretch = threads.stretch): Passwords =>
  createPasswords({ cost: pbkdf2(ITERATIONS), requireDigest: false, peppers: [], ...options }, queue, stretch)
const passwordsOf = (iterations = ITERATIONS, queue?: Queue): Passwords => make({ cost: pbkdf2(iterations) }, queue)
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

t.test('F2: an SM3 that is missing or wrong is noticed', async t => {
  checkSm3()
  t.throws(() => { checkSm3(() => hex('sha256', 'abc')) }, /SM3/)
  t.throws(() => { checkSm3(() => { throw new Error('unsupported') }) }, /unsupported/)
})

t.test('native SM3 and sm-crypto\'s agree, whatever the string', async t => {
  const strings = ['', 'a', '123456', '密码', '梦'.repeat(70), '😀👩‍👩‍👧‍👦', 'é', 'e\u0301', '\u0000', '"\\\n', '\u{10FFFF}']
  for (let length = 0; length <= 200; length++) strings.push('x'.repeat(length), '汉'.repeat(length), '😀'.repeat(length), randomBytes(length).toString('latin1'))
  t.same(strings.filter(text => hex('sm3', text) !== smCrypto.sm3(text)), [])
  t.same(strings.filter(text => !/^[0-9a-f]{64}$/i.test(text) && passwordsOf().read(text).digest !== hex('sm3', text)), [])
})

t.test('C2: 64 hexadecimal digits of either case are the digest; anything else is digested', async t => {
  for (const sent of [digest, digest.toUpperCase(), PASSWORD]) t.equal(passwordsOf().read(sent).digest, digest)
  for (const sent of [digest.slice(1), `${digest}0`, `${digest.slice(1)}g`, ` ${digest.slice(1)}`, `${digest}\n`]) t.equal(passwordsOf().read(sent).digest, smCrypto.sm3(sent), JSON.stringify(sent))
})

t.test('C2: REQUIRE_PASSWORD_DIGEST refuses what is not a digest', async t => {
  const { read } = make({ requireDigest: true })
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
  for (const each of tampered) t.equal(await verify(each, read(PASSWORD)), 'unreadable', each.slice(0, 80))
  // A hundred million iterations would take minutes.
  t.ok(performance.now() - start < 30_000)
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

t.test('C5: what the old service stored, hex SHA-256 of the string sent or its bare SM3, matches as legacy for digesting and plain clients', async t => {
  const { read, verify } = passwordsOf()
  const rows: Array<[string, string[]]> = [
    [hex('sha256', PASSWORD), [PASSWORD]],
    [hex('sha256', digest), [digest, PASSWORD]],
    [digest, [digest, digest.toUpperCase(), PASSWORD]],
    [hex('sm3', digest), [digest, PASSWORD]],
    [hex('sha256', digest.toUpperCase()), [digest.toUpperCase()]],
    [hex('sha256', PASSWORD).toUpperCase(), [PASSWORD]]
  ]
  for (const [row, sent] of rows) {
    for (const each of sent) t.equal(await verify(row, read(each)), 'legacy', `${row.slice(0, 8)} for ${each.slice(0, 8)}`)
    t.equal(await verify(row, read('wrong password')), 'mismatch')
  }
})

t.test('C7: hashing and comparing are refused with 529 where the queue is full', async t => {
  const { read, hash, verify } = passwordsOf(ITERATIONS, createQueue(0, 0))
  for (const refused of [hash(read(PASSWORD)), verify(stored(), read(PASSWORD)), verify(undefined, read(PASSWORD))]) await t.rejects(refused, fail('Busy'))
})

const digest = smCrypto.sm3(PASSWORD)
const ARGON2ID: Cost = { scheme: 'argon2id', memoryKib: 1024, passes: 3, lanes: 1 }

t.test('C1: argon2id is a PHC string over the digest that any implementation of RFC 9106 can recompute', async t => {
  const { read, hash, verify } = make({ cost: ARGON2ID })
  const [one, two] = [await hash(read(PASSWORD)), await hash(read(PASSWORD))]
  t.match(one, /^\$argon2id\$v=19\$m=1024,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.not(one, two)
  t.ok(await verifyArgon2(one, smCrypto.sm3(PASSWORD)), 'as @node-rs/argon2 reads it')
  t.equal(await verify(one, read(smCrypto.sm3(PASSWORD).toUpperCase())), 'match')
  t.equal(await verify(one, read('wrong password')), 'mismatch')
})

t.test('C4: each scheme verifies what the other stored, as stale; so are fewer passes or less memory, and more is kept', async t => {
  const pbkdf2sm3 = make({})
  const argon2id = make({ cost: ARGON2ID })
  const { read } = pbkdf2sm3
  for (const [writer, reader] of [[pbkdf2sm3, argon2id], [argon2id, pbkdf2sm3]] as const) {
    const written = await writer.hash(read(PASSWORD))
    t.equal(await reader.verify(written, read(PASSWORD)), 'stale')
    t.equal(await reader.verify(written, read('wrong password')), 'mismatch')
  }
  const hashOf = (cost: Partial<Extract<Cost, { scheme: 'argon2id' }>>): Promise<string> => make({ cost: { ...ARGON2ID, ...cost } }).hash(read(PASSWORD))
  for (const weaker of [{ passes: 2 }, { memoryKib: 512 }]) t.equal(await argon2id.verify(await hashOf(weaker), read(PASSWORD)), 'stale')
  for (const stronger of [{ passes: 4 }, { memoryKib: 2048 }]) t.equal(await argon2id.verify(await hashOf(stronger), read(PASSWORD)), 'match')
})

t.test('C4, C6: an argon2id row that asks for an absurd cost is unreadable, at once', async t => {
  const { read, hash, verify } = make({ cost: ARGON2ID })
  const written = await hash(read(PASSWORD))
  for (const parameters of ['m=1048576,t=3,p=1', 'm=1024,t=99,p=1', 'm=1024,t=3,p=99', 'm=4,t=1,p=1', 'm=16,t=1,p=3', 'm=1024,t=0,p=1', 'm=1024,t=3', 't=3,p=1', 'm=1024,t=3,p=1,x=1', 'm=1024,t=3,p=1,inner=md5']) {
    t.equal(await verify(written.replace('m=1024,t=3,p=1', parameters), read(PASSWORD)), 'unreadable', parameters)
  }
})

t.test('C4: what a wrapped row may ask for is bounded for all of its readings together', async t => {
  const { read, wrap, verify } = make({ cost: ARGON2ID })
  const [any, sm3] = [await wrap(digest, 'any'), await wrap(digest, 'sm3')]
  for (const [row, parameters] of [[any, 'm=1024,t=3,p=1'], [sm3, 'm=1024,t=6,p=1']] as const) t.equal(await verify(row.replace(/m=\d+,t=\d+,p=1/, parameters), read(PASSWORD)), 'unreadable')
  for (const [inner, i] of [['any', 2_500_001], ['sha256', 5_000_001]] as const) {
    t.equal(await verify(`$pbkdf2-sm3$i=${i},l=32,inner=${inner}$${'A'.repeat(22)}$${'A'.repeat(43)}`, read(PASSWORD)), 'unreadable')
  }
})

t.test('C6: a pepper keys what is stored; without it, or with another, nothing in the table can be verified', async t => {
  const [pepper, other] = [createPepper('a pepper of its own: 77c1e09d4b3fa865'), createPepper('another pepper: 5be0c71f93ad2684fe10')]
  const peppered = make({ peppers: [pepper] })
  const { read } = peppered
  const written = await peppered.hash(read(PASSWORD))
  t.match(written, new RegExp(`^\\$pbkdf2-sm3\\$i=1000,l=32,keyid=${pepper.id}\\$`))
  t.equal(await peppered.verify(written, read(PASSWORD)), 'match')
  t.equal(await peppered.verify(written, read('wrong password')), 'mismatch')
  const { salt, key } = parseHash(written) ?? {}
  t.not(pbkdf2Sync(smCrypto.sm3(PASSWORD), salt ?? '', ITERATIONS, 32, 'sm3').toString('hex'), key?.toString('hex'), 'the digest alone does not make it')
  for (const peppers of [[], [other]]) t.equal(await make({ peppers }).verify(written, read(PASSWORD)), 'unreadable')
  t.equal(await make({ peppers: [other] }).verify(written.replace(pepper.id, other.id), read(PASSWORD)), 'mismatch', 'relabelled')
})

t.test('C6: a new pepper takes over: what the older one or none made still matches, and is stale', async t => {
  const [older, newer] = [createPepper('a pepper of its own: 77c1e09d4b3fa865'), createPepper('another pepper: 5be0c71f93ad2684fe10')]
  const rotated = make({ peppers: [newer, older] })
  const { read } = rotated
  for (const peppers of [[older], []]) t.equal(await rotated.verify(await make({ peppers }).hash(read(PASSWORD)), read(PASSWORD)), 'stale')
  t.equal(await rotated.verify(await rotated.hash(read(PASSWORD)), read(PASSWORD)), 'match')
  t.not(older.id, newer.id)
})

/** What an old row holds, which form that is, and what clients may send for it. */
const adopted: Array<{ title: string, row: string, from: Inner, sent: string[], never: string[] }> = [
  { title: 'SHA-256 of the digest', row: hex('sha256', digest), from: 'sha256', sent: [digest, digest.toUpperCase(), PASSWORD], never: [] },
  { title: 'SHA-256 of the password', row: hex('sha256', PASSWORD), from: 'sha256', sent: [PASSWORD], never: [digest] },
  { title: 'SHA-256 of a digest in upper case', row: hex('sha256', digest.toUpperCase()), from: 'sha256', sent: [digest.toUpperCase()], never: [PASSWORD] },
  { title: 'the bare digest, in upper case', row: digest.toUpperCase(), from: 'sm3', sent: [digest, digest.toUpperCase(), PASSWORD], never: [] },
  { title: 'SM3 of the digest', row: hex('sm3', digest), from: 'sm3', sent: [digest, digest.toUpperCase(), PASSWORD], never: [] }
]
adopted.push(...adopted.map(each => ({ ...each, from: 'any' as const })))

for (const cost of [pbkdf2(ITERATIONS), ARGON2ID]) {
  t.test(`C5: a bare hash of the old service is wrapped without its password, and verified through the wrap (${cost.scheme})`, async t => {
    const pepper = createPepper('a pepper of its own: 77c1e09d4b3fa865')
    const { read, wrap, verify } = make({ cost, peppers: [pepper] })
    for (const { title, row, from, sent, never } of adopted) {
      const wrapped = await wrap(row, from)
      t.match(wrapped, new RegExp(`keyid=${pepper.id},inner=${from}\\$`))
      t.notMatch(wrapped.toLowerCase(), row.toLowerCase())
      for (const each of sent) t.equal(await verify(wrapped, read(each)), 'legacy', `${title} for ${each.slice(0, 8)}`)
      for (const each of [...never, 'wrong password', hex('sha256', row)]) t.equal(await verify(wrapped, read(each)), 'mismatch', `${title} for ${each.slice(0, 8)}`)
    }
  })

  t.test(`E2: whatever is stored and however the password is sent, a failure costs as much as for an unknown account (${cost.scheme})`, async t => {
    const spent: Cost[] = []
    const { read, hash, wrap, verify } = make({ cost }, straight, async (input, salt, each) => {
      spent.push(each)
      return threads.stretch(input, salt, each)
    })
    const weaker: Cost = cost.scheme === 'argon2id' ? { ...cost, passes: 1 } : { ...cost, iterations: 100 }
    const rows = [undefined, 'damaged', hex('sha256', digest), await hash(read(PASSWORD)), await make({ cost: weaker }).hash(read(PASSWORD)), await wrap(hex('sha256', digest), 'sha256'), await wrap(digest, 'sm3'), await wrap(digest, 'any')]
    const total = (): number => spent.reduce((sum, each) => sum + (each.scheme === 'argon2id' ? each.passes * each.memoryKib : each.iterations), 0)
    for (const sent of ['wrong password', smCrypto.sm3('wrong password'), smCrypto.sm3('wrong password').toUpperCase()]) {
      const costs = []
      for (const row of rows) {
        spent.length = 0
        await verify(row, read(sent))
        costs.push(total())
      }
      t.same([...new Set(costs)], [cost.scheme === 'argon2id' ? cost.passes * cost.memoryKib : cost.iterations], sent)
    }
  })
}

t.test('E2: where costs and schemes are mixed, all failures cost as much as the most of each, and so do accounts that do not exist', async t => {
  const spent: Cost[] = []
  const { read, hash, wrap, verify, expect } = make({ cost: ARGON2ID }, straight, async (input, salt, each) => {
    spent.push(each)
    return threads.stretch(input, salt, each)
  })
  const dearer = await make({ cost: { ...ARGON2ID, passes: 5 } }).hash(read(PASSWORD))
  const rows = [undefined, 'damaged', digest, stored(), dearer, await make({ cost: pbkdf2(300) }).hash(read(PASSWORD)), await hash(read(PASSWORD)), await wrap(digest, 'any')]
  const total = (scheme: Cost['scheme']): number => spent.reduce((sum, each) => sum + (each.scheme !== scheme ? 0 : each.scheme === 'argon2id' ? each.passes * each.memoryKib : each.iterations), 0)
  const tampered = ['$pbkdf2-sm3$i=9000000,l=32', '$argon2id$v=19$m=262144,t=10,p=1'].map(parameters => `${parameters}$${'A'.repeat(22)}$${'A'.repeat(43)}`)
  expect([...rows.flatMap(row => row ?? []), ...tampered])
  for (const row of rows) {
    spent.length = 0
    t.match(await verify(row, read('wrong password')), /mismatch|unreadable/)
    t.same([total('pbkdf2-sm3'), total('argon2id')], [ITERATIONS, 5 * 1024], String(row).slice(0, 40))
  }
  expect([await hash(read(PASSWORD))])
  spent.length = 0
  await verify(undefined, read('wrong password'))
  t.same([total('pbkdf2-sm3'), total('argon2id')], [0, 3 * 1024], 'and no more, once all are alike')
})
