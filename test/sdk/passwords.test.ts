import { createHash } from 'node:crypto'
import t from 'tap'
import { createDreamAuth } from '../../sdk/src/index.ts'
import { build, modes } from '../helper.ts'
import { listen, network } from './service.ts'

const Email = 'alice@example.com'

t.test('a password that the service would refuse is refused before it is digested, with the answer of the service, and nothing is sent', async t => {
  const { fetch, sent } = network()
  const english = createDreamAuth({ baseUrl: 'http://127.0.0.1:1', fetch, language: 'en' })
  const chinese = createDreamAuth({ baseUrl: 'http://127.0.0.1:1', fetch, language: 'zh' })
  const refused = (Field: string, Reason: string, Msg = 'Bad request') => ({ ok: false, error: 'BadRequest', Code: 400, Msg, Details: [{ Field, Reason }] })

  t.same(await english.sign({ Name: 'Alice', Email, Password: 'seven77' }), refused('Password', 'must have at least 8 characters'))
  t.same(await english.verify({ Name: 'Alice', Email, Password: '', VerifyCode: '000000' }), refused('Password', 'must have at least 8 characters'))
  t.same(await chinese.updatePassword({ Email, Password: '😀'.repeat(129), VerifyCode: '000000' }), refused('Password', '最多 128 个字符', '请求参数错误'))
  t.same(await english.login({ Email, Password: '' }), refused('Password', 'must have at least 1 characters'))
  t.same(await english.changePassword({ OldPassword: 'short', NewPassword: 'seven77' }), refused('NewPassword', 'must have at least 8 characters'))
  t.same(await english.changePassword({ OldPassword: '', NewPassword: 'long enough' }), refused('OldPassword', 'must have at least 1 characters'))
  t.same(await english.sign({ Name: 'Alice', Email, Password: 'half of a \ud83d pair' }), refused('Password', 'contains a character that is not allowed'))
  t.same(await english.sign({ Name: 'Alice', Email, Password: 'nothing\0 here' }), refused('Password', 'contains a character that is not allowed'))
  t.same(sent, [])
})

t.test('a password is one, however a keyboard spells its letters, and counts as long as it looks', async t => {
  const { fetch, sent } = network()
  const auth = createDreamAuth({ baseUrl: 'http://127.0.0.1:1', fetch, language: 'en' })
  for (const Password of ['Tiếng Việt café', '한국어 비밀번호 하나', 'Ａｎｇｓｔröm ①']) {
    for (const form of ['NFC', 'NFD'] as const) await auth.login({ Email, Password: Password.normalize(form) })
    const [composed, decomposed] = sent.splice(0).map(({ body }) => JSON.parse(body).Password)
    t.equal(composed, createHash('sm3').update(Password.normalize('NFC')).digest('hex'), Password)
    t.equal(decomposed, composed)
  }
  t.match(await auth.sign({ Name: 'Alice', Email, Password: 'éééé'.normalize('NFD') }), { Details: [{ Reason: 'must have at least 8 characters' }] })
  await auth.login({ Email, Password: ' Ｐassword ' })
  t.equal(JSON.parse(sent[0]?.body ?? '').Password, createHash('sm3').update(' Ｐassword ').digest('hex'), 'spaces and width are the person\'s own')
})

for (const mode of modes) {
  t.test(`${mode}: C2: what is typed here reaches the account that a client made which does not digest, in whatever script`, async t => {
    const world = await build(t, mode)
    const { fetch, sent } = network()
    const auth = createDreamAuth({ baseUrl: await listen(world), fetch })
    for (const [i, Password] of ['correct horse battery staple', '  spaces count  ', '正确的马电池订书钉', 'пароль с ё и é', '😀🐎🔋 четыре'].entries()) {
      const person = { Name: `person ${i}`, Email: `person${i}@example.com`, Password }
      await world.register(person)
      t.match(await auth.login(person), { ok: true }, Password)
      t.equal(JSON.parse(sent.at(-1)?.body ?? '').Password, createHash('sm3').update(Password).digest('hex'))
    }
  })

  t.test(`${mode}: the service refuses the same as the client, in the same words`, async t => {
    const world = await build(t, mode)
    const auth = createDreamAuth({ baseUrl: await listen(world), language: 'en' })
    for (const Password of ['seven77', 'x'.repeat(129), 'nothing\0 here']) {
      const here = await auth.sign({ Name: 'Alice', Email, Password })
      const there = await world.post('/Auth/Sign', { Name: 'Alice', Email, Password }, { headers: { 'accept-language': 'en' } })
      const { Code, Msg, Details } = here.error === 'BadRequest' ? here : { Code: 0, Msg: '', Details: [] }
      t.same({ Code, Msg, Details }, there.body)
    }
    // Where the service looks further, its answer is passed on.
    const common = createDreamAuth({ baseUrl: await (await build(t, mode, { PASSWORD_DENYLIST: 'true' })).app.listen({ host: '127.0.0.1', port: 0 }), language: 'en' })
    t.match(await common.sign({ Name: 'Alice', Email, Password: 'password' }), { error: 'BadRequest', Details: [{ Field: 'Password' }] })
  })
}
