import { hash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { ConfigError } from '../../src/config.ts'
import { readDigests, writeDigests } from '../../src/denylist/digest-file.ts'
import { commonPasswords } from '../../src/denylist/words.ts'
import { isGuessable, loadCommonPasswords } from '../../src/denylist.ts'
import { root } from '../../src/root.ts'
import { digest, file } from '../helper.ts'

const BUILT = new URL('dist/common-passwords.bin', root)
const PASSPHRASE = 'correct horse battery staple'
const alice = { email: 'alice.chen+dream@example.com', name: 'Alice Chen' }
const common = loadCommonPasswords()
const guessable = (password: string, owner: { email: string, name?: string } = alice): boolean => isGuessable(common, digest(password), owner)
const missed = (passwords: string[]): string[] => passwords.filter(password => !guessable(password))

t.test('C3: what is most common in the West is refused, in the spellings that forms make of it', async t => {
  t.same(missed(['123456', 'password', 'qwerty', 'iloveyou', 'letmein', 'dragon', 'trustno1', 'sunshine', '1234567890', 'qwertyuiop']), [])
  t.same(missed(['Password', 'PASSWORD', 'password1', 'Password1', 'Password123', 'password!', 'Password!', 'Dragon123', 'Qwerty123', 'Superman!']), [])
})

t.test('C3: what is most common in China is refused', async t => {
  t.same(missed(['5201314', 'woaini1314', 'woaini520', '1314520', 'a123456', 'a123456789', 'qq123456', '123456abc', 'Aa123456', '1qaz2wsx', '1qaz@WSX', 'zxcvbnm123', 'dearbook', 'xiazhili',
    '147258369', '31415926', '7758521', '584520', 'wang123456', 'zhangwei', 'Zhangwei123', 'Woaini1314!', '88888888', '666666666666', '19861010', '20000229', '3.1415926']), [])
})

t.test('C3: the names of the service are refused', async t => {
  t.same(missed(['dream', 'DreamAuth', 'jimeng123', '记梦', '记梦123', '我的梦']), [])
})

t.test('C3: what is too short is refused, though its digest does not show how short it is', async t => {
  t.same(missed(['', ' ', 'a', 'Z', '~~', 'x9', '007', '0000', '9999']), [])
})

t.test('C3: every word of the lists is found, the digest as sm-crypto makes it', async t => {
  const lists = ['china', 'service'].flatMap(name => file(`src/denylist/${name}.txt`).trimEnd().split('\n'))
  t.ok(lists.length > 1000)
  t.same(missed(lists), [])
  t.same(lists.filter((word, i) => word !== word.trim() || lists.indexOf(word) !== i), [], 'one word a line, each once')
})

t.test('SM3 by sm-crypto, as clients digest, and by OpenSSL, as the list was made, agree', async t => {
  t.equal(hash('sm3', 'abc'), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0', 'the known answer of GB/T 32905')
  // From U+40000 on sm-crypto 0.5.8 encodes wrongly: planes of private characters and tags, with none that a keyboard types.
  const unit = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x3ffff })).map(point => String.fromCodePoint(point))
  t.doesNotThrow(() => fc.assert(fc.property(fc.string({ unit, maxLength: 200 }), text => hash('sm3', text) === digest(text))))
})

t.test('C3: the address, its local part and the name are refused, in the spellings that are guessed first', async t => {
  t.same(missed(['alice.chen+dream@example.com', 'Alice.chen+dream@example.com', 'ALICE.CHEN+DREAM@EXAMPLE.COM', 'alice.chen+dream', 'Alice.chen+dream123']), [])
  t.same(missed(['Alice Chen', 'alice chen', 'AliceChen', 'alicechen', 'ALICECHEN', 'alicechen1', 'alicechen123', 'Alicechen!']), [])
  t.ok(guessable('王小明同学', { email: 'x@example.com', name: '王小明同学' }))
  t.ok(guessable('王小明同学123', { email: 'x@example.com', name: '王小明同学' }))
})

t.test('another person\'s address and name are as good as any password', async t => {
  const other = { email: 'bob.the.builder@example.com', name: 'Bob the Builder' }
  for (const password of [alice.email, 'alice.chen+dream', alice.name]) t.notOk(guessable(password, other), password)
})

t.test('a random passphrase is accepted, with and without a name', async t => {
  t.notOk(guessable(PASSPHRASE))
  t.notOk(guessable(PASSPHRASE, { email: 'alice@example.com' }))
  t.notOk(guessable(PASSPHRASE, { email: 'alice@example.com', name: '' }))
  t.ok(guessable('alice123', { email: 'alice@example.com' }))
})

t.test('of 10,000 random digests none is taken for a common password', async t => {
  t.equal(Array.from({ length: 10_000 }, () => randomBytes(32).toString('hex')).filter(random => common.has(random)).length, 0)
})

t.test('a file knows the digests it was written from and no other, whatever their order', async t => {
  const digests = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex')), { minLength: 2, maxLength: 50 })
  t.doesNotThrow(() => fc.assert(fc.property(digests, fc.integer({ min: 1, max: 49 }), (all, split) => {
    const listed = all.slice(0, split)
    const prefixes = new Set(listed.map(one => one.slice(0, 12)))
    const bytes = writeDigests(listed)
    const set = readDigests(bytes)
    return set?.size === prefixes.size && bytes.equals(writeDigests(listed.toReversed())) && all.every(one => set.has(one) === prefixes.has(one.slice(0, 12)))
  })))
})

t.test('two builds write the same bytes', async t => {
  const again = writeDigests(commonPasswords().map(password => hash('sm3', password)))
  t.ok(again.equals(readFileSync(BUILT)))
  t.equal(common.size, commonPasswords().length, 'no two digests of the list begin alike')
})

t.test('a file that is missing or damaged is refused at start, with what to do about it', async t => {
  const whole = readFileSync(BUILT)
  const damaged = (change: (bytes: Buffer) => unknown): Buffer => {
    const copy = Buffer.from(whole)
    change(copy)
    return copy
  }
  const files: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    'the header alone': whole.subarray(0, 16),
    'cut off': whole.subarray(0, -6),
    'with more at its end': Buffer.concat([whole, Buffer.alloc(6)]),
    'of another kind': damaged(bytes => bytes.write('SM3COMM2')),
    'with a bit turned': damaged(bytes => bytes.writeUInt8(bytes.readUInt8(500_000) ^ 1, 500_000)),
    'without digests': damaged(bytes => bytes.fill(0, 8)).subarray(0, 16)
  }
  const folder = t.testdir()
  for (const [title, bytes] of Object.entries(files)) {
    const path = join(folder, 'damaged.bin')
    writeFileSync(path, bytes)
    t.throws(() => loadCommonPasswords(pathToFileURL(path)), new ConfigError('PASSWORD_DENYLIST needs dist/common-passwords.bin, which is damaged: "npm run build" writes it anew'), title)
  }
  t.throws(() => loadCommonPasswords(pathToFileURL(join(folder, 'none.bin'))), new ConfigError('PASSWORD_DENYLIST needs dist/common-passwords.bin, which cannot be read (ENOENT): "npm run build" writes it'))
})
