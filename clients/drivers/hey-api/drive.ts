import { client } from './generated/client.gen.ts'
import * as api from './generated/sdk.gen.ts'
import { expect, type Scene } from './scene.ts'

// A function for each operation; a refusal is a value, `error` beside `data`. The token is asked for where the document says so.
export async function walk ({ baseUrl, alice, wrongPassword, newPassword, mailedCode }: Scene): Promise<void> {
  const { Email, Password } = alice
  let token = ''
  client.setConfig({ baseUrl, auth: () => token })

  async function login (Password: string): Promise<void> {
    const { data } = await api.login({ body: { Email, Password } })
    expect(data !== undefined && data.Code !== 501, 'a login')
    token = data.Token
  }
  async function refusedLogin (Password: string): Promise<void> {
    const { data } = await api.login({ body: { Email, Password } })
    expect(data?.Code === 501, 'a refused login')
    // @ts-expect-error What failed has no token.
    expect(data.Token === undefined, 'no token')
  }

  const malformed = await api.sign({ body: { ...alice, Email: 'nobody' } })
  expect(malformed.error?.Code === 400 && malformed.error.Details[0]?.Field === 'Email', 'the bad field')
  expect((await api.sign({ body: alice })).data?.Code === 200, 'a mailed code')
  const hasty = await api.sign({ body: alice })
  expect(hasty.error?.Code === 429 && hasty.error.RetryAfter > 0, 'a cooldown')
  expect((await api.verify({ body: { ...alice, VerifyCode: await mailedCode() } })).data?.Code === 200, 'an account')

  await refusedLogin(wrongPassword)
  await login(Password)
  expect((await api.checkToken()).data?.Code === 200, 'a good token')
  expect((await api.listSessions()).data?.Sessions?.[0]?.Current === true, 'the session that asks')
  expect((await api.logout({ body: {} })).data?.Code === 200, 'a logout')
  expect((await api.checkToken()).error?.Code === 401, 'a dead token')

  expect((await api.resetPassword({ body: { Email } })).data?.Code === 200, 'a mailed code')
  const update = { Email, Password: newPassword, VerifyCode: await mailedCode() }
  expect((await api.updatePassword({ body: update })).data?.Code === 200, 'a new password')
  await login(newPassword)
  expect((await api.deleteAccount({ body: { Password: newPassword } })).data?.Code === 200, 'no account')
  await refusedLogin(newPassword)
}
