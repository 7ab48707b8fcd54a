import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'

const Password = digest('correct horse battery staple')
/** A title in ASCII: some of these characters would end a line of the test report. */
const shown = (name: string): string => JSON.stringify(name).replaceAll(/[^ -~]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
const english = { headers: { 'accept-language': 'en' } }

/** Signs somebody up under a name and returns the answer of Verify, or of Sign where that refuses already. */
async function take ({ post, codeFor }: World, Name: string, Email: string): Promise<unknown> {
  const signed = await post('/Auth/Sign', { Name, Email, Password })
  if (signed.body.Code !== 200) return signed.body
  return (await post('/Auth/Verify', { Name, Email, Password, VerifyCode: await codeFor(Email) })).body
}

/** Names as they are typed, and as they are kept. */
const kept: Array<[typed: string, stored: string]> = [
  ['  Ana María ', 'Ana María'],
  ['Cafe\u0301', 'Café'],
  ['梦'.repeat(50), '梦'.repeat(50)],
  ['😀'.repeat(50), '😀'.repeat(50)],
  ['n\u0303'.repeat(50), 'ñ'.repeat(50)],
  ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
  ["Robert'); DROP TABLE Users;--", "Robert'); DROP TABLE Users;--"],
  ['<b>bold</b>', '<b>bold</b>']
]

const refused: Array<[name: string, reason: string]> = [
  ['', 'must have at least 1 characters'],
  [' \t\u3000', 'must have at least 1 characters'],
  ['a'.repeat(51), 'must have at most 50 characters'],
  ['😀'.repeat(51), 'must have at most 50 characters'],
  ...['a\nb', 'a\tb', 'a\x1bb', 'a\x7fb', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\u202Eb', 'a\u202Ab', 'a\u2066b', 'a\u2069b'].map((name): [string, string] => [name, 'must not contain control characters'])
]

/** Spellings of one name each. */
const oneName: Array<[string, ...string[]]> = [
  ['Alice', 'alice', 'ALICE', ' aLiCe '],
  ['José', 'Jose\u0301', 'JOSÉ', 'JOSE\u0301'],
  ['STRASSE', 'straße', 'Strasse', 'STRAẞE'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος', 'Σίσυφοσ'],
  ['ﬁsh', 'FISH'],
  ['Åse', '\u212Bse', 'A\u030Ase']
]

for (const mode of modes) {
  t.test(`${mode}: a name is trimmed, brought to NFC and kept whole, whatever it is written in`, async t => {
    const world = await build(t, mode)
    for (const [i, [typed, stored]] of kept.entries()) {
      t.match(await take(world, typed, `a${i}@example.com`), { Code: 200 }, shown(typed))
      t.strictSame(await world.rows(`SELECT UserName FROM Users WHERE Email = 'a${i}@example.com'`), [{ UserName: stored }])
    }
  })

  t.test(`${mode}: I3: a name that is empty, longer than 50 characters, or that could disturb the text around it is 400`, async t => {
    const world = await build(t, mode)
    for (const [Name, Reason] of refused) {
      for (const [route, body] of [['/Auth/Sign', {}], ['/Auth/Verify', { VerifyCode: '123456' }]] as const) {
        t.strictSame((await world.post(route, { Name, Email: 'a@example.com', Password, ...body }, english)).body.Details, [{ Field: 'Name', Reason }], shown(Name))
      }
    }
  })

  t.test(`${mode}: R3: a name is taken in every spelling that differs in case, outer spaces or Unicode form alone`, async t => {
    const world = await build(t, mode)
    let serial = 0
    for (const [first, ...others] of oneName) {
      t.match(await take(world, first, `b${++serial}@example.com`), { Code: 200 }, shown(first))
      for (const other of others) t.match(await take(world, other, `b${++serial}@example.com`), { Code: 502, Field: 'Name' }, `${shown(first)} and ${shown(other)}`)
    }
  })

  t.test(`${mode}: names that differ in more than case are different names`, async t => {
    const world = await build(t, mode)
    for (const [i, name] of ['Jose', 'José', 'Jösé', 'Müller', 'Mueller', 'Muller', '😀', '😁', '梦', '夢', 'ソ', 'そ', 'a b', 'a  b', 'ab', 'a-b', 'Lodz', 'Łódź'].entries()) {
      t.match(await take(world, name, `c${i}@example.com`), { Code: 200 }, shown(name))
    }
  })
}
