import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const { Email, Password, Name } = alice
const VerifyCode = '042917'
const english = { headers: { 'accept-language': 'en' } }

/** A good body of each route. */
const bodies: Record<string, Record<string, string>> = {
  '/Auth/Login': { Email, Password },
  '/Auth/Sign': { Name, Email, Password },
  '/Auth/Verify': { Name, Email, Password, VerifyCode },
  '/Auth/ResetPassword': { Email, Password: '' },
  '/Auth/UpdatePassword': { Email, Password, VerifyCode }
}

const unknown = { zh: '未知字段', en: 'is not a known field' }
const duplicate = { zh: '字段重复', en: 'is given more than once' }
const object = { zh: '必须是 JSON 对象', en: 'must be a JSON object' }
const json = { zh: '不是合法的 JSON', en: 'is not valid JSON' }
const text = { zh: '包含非法字符', en: 'contains a character that is not allowed' }
const email = { zh: '邮箱格式不正确', en: 'must be an e-mail address like alice@example.com' }

const login = (email: string): string => `{"Email":"${email}","Password":"${Password}"}`
const withField = (field: string): string => `{"Email":"${Email}","Password":"${Password}",${field}}`

/** Bodies for the login, as they are sent, with the one field and reason that the answer names. */
const shapes: Record<string, [body: string | Buffer, field: string, reason: Record<'zh' | 'en', string>]> = {
  'an unknown field': [withField('"Role":"super_admin"'), 'Role', unknown],
  'a field in other case': [withField('"email":"x"'), 'email', unknown],
  'a duplicate key': [withField(`"Email":"${Email}"`), 'Email', duplicate],
  'a duplicate key, spelt with an escape': [withField('"\\u0045mail":"x@example.com"'), 'Email', duplicate],
  'the key __proto__': [withField('"__proto__":{}'), '__proto__', unknown],
  'the key __proto__, spelt with an escape': [withField('"\\u005f_proto__":{"Role":"x"}'), '__proto__', unknown],
  'the key constructor': [withField('"constructor":{"prototype":{}}'), 'constructor', unknown],
  'NUL in a value': [login('alice\\u0000@example.com'), 'Email', text],
  'half a character, the first': [login('\\ud800'), 'Email', text],
  'half a character, the second': [login('a\\udfff@example.com'), 'Email', text],
  'the halves of a character in the wrong order': [login('\\ude00\\ud83d'), 'Email', text],
  'bytes that are not UTF-8': [Buffer.concat([Buffer.from('{"Email":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 'Body', json],
  'an overlong NUL': [Buffer.concat([Buffer.from('{"Email":"'), Buffer.from([0xc0, 0x80]), Buffer.from('"}')]), 'Body', json],
  'UTF-16': [Buffer.from(login(Email), 'utf16le'), 'Body', json],
  'nothing at all': ['', 'Body', object],
  null: ['null', 'Body', object],
  'an array': [`[${login(Email)}]`, 'Body', object],
  'a string': ['"Email"', 'Body', object],
  'a number': ['42', 'Body', object],
  'truncated JSON': [login(Email).slice(0, -1), 'Body', json],
  'something after the JSON': [`${login(Email)}{}`, 'Body', json],
  'a trailing comma': ['{"Email":"a@example.com",}', 'Body', json],
  'a comment': ['{/* */}', 'Body', json],
  'an e-mail that is none': [login('alice'), 'Email', email]
}

for (const mode of modes) {
  t.test(`${mode}: I1: nothing but a string is taken for one, in any field of any route, and a missing field is named`, async t => {
    const world = await build(t, mode)
    for (const [route, body] of Object.entries(bodies)) {
      for (const Field of Object.keys(body)) {
        for (const value of [42, 0, true, null, [], [body[Field]], {}, { [Field]: 'x' }]) {
          const title = `${route} with ${Field}: ${JSON.stringify(value)}`
          const answer = await world.post(route, { ...body, [Field]: value })
          t.strictSame([answer.status, answer.body], [400, { Code: 400, Msg: '请求参数错误', Details: [{ Field, Reason: '必须是字符串' }] }], title)
          t.strictSame((await world.post(route, { ...body, [Field]: value }, english)).body.Details, [{ Field, Reason: 'must be a string' }], title)
        }
        const { [Field]: _, ...rest } = body
        if (`${route} ${Field}` === '/Auth/ResetPassword Password') continue
        t.strictSame((await world.post(route, rest)).body.Details, [{ Field, Reason: '缺少该字段' }], `${route} without ${Field}`)
        t.strictSame((await world.post(route, rest, english)).body.Details, [{ Field, Reason: 'is required' }])
      }
    }
  })

  t.test(`${mode}: I2: what is not one plain object of known fields is 400 and says why`, async t => {
    const world = await build(t, mode)
    for (const [title, [body, Field, reason]] of Object.entries(shapes)) {
      const answer = await world.post('/Auth/Login', body)
      t.strictSame([answer.status, answer.body], [400, { Code: 400, Msg: '请求参数错误', Details: [{ Field, Reason: reason.zh }] }], title)
      t.strictSame((await world.post('/Auth/Login', body, english)).body, { Code: 400, Msg: 'Bad request', Details: [{ Field, Reason: reason.en }] }, title)
    }
    t.notOk('Role' in {}, 'no object has inherited anything')
  })

  t.test(`${mode}: I3: a body is 400 however deep it goes, and never 500`, async t => {
    const world = await build(t, mode)
    const brackets = `${'['.repeat(8_000)}${']'.repeat(8_000)}`
    const braces = `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`
    for (const body of [brackets, braces, `{"Email":${brackets}}`, `{"Email":${braces}}`, '['.repeat(16_000), '{"a":'.repeat(3_000)]) {
      t.match(await world.post('/Auth/Login', body), { status: 400, body: { Code: 400, Details: [{ Field: String }] } }, body.slice(0, 20))
    }
  })

  t.test(`${mode}: Details names every bad field once`, async t => {
    const world = await build(t, mode)
    const body = { Name: '', Email: 'x'.repeat(101), Password: 'short', VerifyCode: 'abc', Role: 'x', Extra: {} }
    const { Details } = (await world.post('/Auth/Verify', body, english)).body
    t.strictSame(new Map(Object.values(Details ?? []).map(({ Field, Reason }) => [Field, Reason])), new Map([
      ['Role', unknown.en],
      ['Extra', unknown.en],
      ['Name', 'must have at least 1 characters'],
      ['Email', 'must have at most 100 characters'],
      ['Password', 'must have at least 8 characters'],
      ['VerifyCode', 'must be six digits']
    ]))
    t.equal(Object.values(Details ?? []).length, 6)
    t.strictSame((await world.post('/Auth/Verify', {})).body.Details, ['Name', 'Email', 'Password', 'VerifyCode'].map(Field => ({ Field, Reason: '缺少该字段' })))
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]))
    t.ok((await world.post('/Auth/Login', many)).text.length < 4_000, 'an answer never grows with the number of mistakes')
  })
}
