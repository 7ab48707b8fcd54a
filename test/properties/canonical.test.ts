import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { canonicalEmail, canonicalName, EMAIL_PATTERN, isEmail, nameKey } from '../../src/canonical.ts'
import { address, padding, respell, spelling } from './addresses.ts'
import { check } from './check.ts'
import { anyText, text } from './text.ts'

const RUNS = 2_000
const RATIO_RUNS = 100
const MOST_NAME = 50
/** As wide as the column of the keys. */
const KEY_BYTES = 600

const pattern = new RegExp(EMAIL_PATTERN)
const mostly = (good: string[], bad: string[]): fc.Arbitrary<string> => fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) })
/** What is an address or almost one. */
const nearlyAddress = fc.tuple(
  mostly(['a', 'B.c', '1', '_+_', "!#$%&'*+-/=?^_`{|}~", ' a'], ['', '.a', 'a.', 'a..b', 'a b', '"a"', 'a(b)', '\u00e9', '\u212a', 'a\0', 'a@b', '<a']),
  fc.array(mostly(['a', 'Z9', '1', '1a', '0x1', 'a-b', 'xn--a', 'b'.repeat(63), 'com', 'com '], ['', '-a', 'a-', 'a_b', 'b'.repeat(64), '\u00e9', 'a\n', '[1]', 'a>']), { minLength: 1, maxLength: 4 })
).map(([local, labels]) => `${local}@${labels.join('.')}`)

const digits = '0123456789'

/** RFC 5321, section 4.1.2, without what this service refuses, in the words of the RFC: Dot-string "@" Domain; and no address literal without its brackets. */
function isPlainAddress (address: string): boolean {
  const [local = '', domain = '', ...more] = address.split('@')
  const atom = (atom: string): boolean => atom !== '' && Array.from(atom).every(letter => "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~".includes(letter))
  const letDig = (letter: string | undefined): boolean => letter !== undefined && letter !== '' && 'abcdefghijklmnopqrstuvwxyz0123456789'.includes(letter)
  const label = (label: string): boolean => label.length <= 63 && letDig(label[0]) && letDig(label.at(-1)) && Array.from(label).every(letter => letter === '-' || letDig(letter))
  const labels = domain.split('.')
  return more.length === 0 && address.length <= 100 && local.split('.').every(atom) && labels.length >= 2 && labels.every(label) && !digits.includes(labels.at(-1)?.[0] ?? '')
}

t.test('I5: what is canonical stays as it is', t => check(t, RUNS, fc.asyncProperty(anyText, async text => {
  for (const canonical of [canonicalEmail, canonicalName, nameKey]) assert.equal(canonical(canonical(text)), canonical(text), canonical.name)
})))

t.test('I5: every spelling of an address is one address', t => check(t, RUNS, fc.asyncProperty(address, spelling, async (address, spelling) => {
  assert.equal(canonicalEmail(respell(address, spelling)), address)
  assert.ok(isEmail(respell(address, spelling)))
})))

t.test('I5: of an address nothing but the case of ASCII letters changes, and the space around it', t => check(t, RUNS, fc.asyncProperty(anyText, async text => {
  const lowered = Array.from(text.trim(), letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.includes(letter) ? String.fromCharCode(letter.charCodeAt(0) + 32) : letter)
  assert.equal(canonicalEmail(text), lowered.join(''))
})))

t.test('I5, I6: an address is accepted exactly where its canonical spelling is a plain one', t => check(t, RUNS, fc.asyncProperty(fc.oneof(nearlyAddress, address, fc.tuple(address, fc.nat(), text).map(([address, at, piece]) => address.slice(0, at % address.length) + piece + address.slice(at % address.length)), anyText), async text => {
  const canonical = canonicalEmail(text)
  assert.equal(isEmail(text), isPlainAddress(canonical))
  assert.equal(canonical.length <= 100 && pattern.test(canonical), isEmail(text), 'the document says the same')
})))

t.test('I5: a name is kept in NFC, without space around it, and is the same name in every normal form of that', t => check(t, RUNS, fc.asyncProperty(anyText, padding, padding, async (text, before, after) => {
  const name = canonicalName(text)
  assert.equal(name, name.normalize('NFC'))
  assert.equal(name, name.trim())
  for (const form of ['NFC', 'NFD']) assert.equal(canonicalName(before + name.normalize(form) + after), name, form)
})))

t.test('R3: names that differ in case alone have one key', t => check(t, RUNS, fc.asyncProperty(text, fc.array(fc.nat(2), { minLength: 1, maxLength: 20 }), async (text, cases) => {
  const name = canonicalName(text)
  const mixed = Array.from(name, (letter, i) => [letter, letter.toUpperCase(), letter.toLowerCase()][cases[i % cases.length] ?? 0]).join('')
  for (const spelling of [mixed, name.toUpperCase(), name.toLowerCase()]) assert.equal(nameKey(spelling), nameKey(name), spelling)
})))

t.test('I8: the key of the longest name fits its column', t => check(t, RUNS, fc.asyncProperty(anyText, async text => {
  const name = Array.from(canonicalName(text)).slice(0, MOST_NAME).join('')
  assert.ok(Buffer.byteLength(nameKey(name)) <= KEY_BYTES, `${Buffer.byteLength(nameKey(name))} bytes`)
})))

t.test('I3: an address that is sixty-four times as long takes some sixty-four times as long, whatever it repeats', t => check(t, RATIO_RUNS, fc.asyncProperty(
  fc.tuple(fc.constantFrom('', 'a', 'a@', 'a@b.', '@'), fc.oneof(fc.constantFrom('a', 'a.', 'a-', '!'), fc.array(fc.constantFrom('a', '.', '-', '@', ' ', '!', 'A', '\u0301'), { minLength: 1, maxLength: 4 }).map(pieces => pieces.join(''))), fc.constantFrom('', '!', '@', '\n', '.', '-')),
  async ([start, piece, end]) => {
    const timeOf = (times: number): number => {
      const long = start + piece.repeat(times) + end
      const began = performance.now()
      pattern.test(long)
      isEmail(long)
      canonicalEmail(long)
      return performance.now() - began
    }
    // What others do at the time is measured too: it is slow if it is slow each time.
    const isSlow = (times: number, milliseconds: number): boolean => [1, 2, 3, 4].every(() => timeOf(times) > milliseconds)
    // Exponential, it would not come back from much more than this.
    for (let times = 4; times <= 36; times += 2) assert.ok(!isSlow(times, 50), `${times} of them`)
    const short = Math.min(timeOf(125), timeOf(125), timeOf(125))
    // Quadratic, it would be four thousand times. What takes next to no time is not measured well.
    assert.ok(!isSlow(8_000, 640 * Math.max(0.02, short)))
  }
)))
