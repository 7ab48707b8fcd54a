import { Api, type HttpResponse } from './generated/client.ts'
import { expect, type Scene } from './scene.ts'

// A class with a method for each operation, grouped by the path. A refusal is thrown, and is the answer with `error` beside `data`.
export async function walk ({ baseUrl, alice, wrongPassword, newPassword, mailedCode }: Scene): Promise<void> {
  const { Email, Password } = alice
  const api = new Api<string>({
    baseUrl,
    // It overlooks that an answer is JSON where several operations share it.
    baseApiParams: { format: 'json' },
    securityWorker: token => token === null ? {} : { headers: { Authorization: `Bearer ${token}` } }
  })

  async function login (Password: string): Promise<void> {
    const { data } = await api.auth.login({ Email, Password })
    expect(data.Code !== 501, 'a login')
    api.setSecurityData(data.Token)
  }
  async function refusedLogin (Password: string): Promise<void> {
    const { data } = await api.auth.login({ Email, Password })
    expect(data.Code === 501, 'a refused login')
    // @ts-expect-error What failed has no token.
    expect(data.Token === undefined, 'no token')
  }
  // The generated type of a call says what it throws, too.
  async function refused<Answer, Refused> (call: Promise<HttpResponse<Answer, Refused>>): Promise<Refused> {
    return call.then(() => { throw new Error('expected a refusal') }, ({ error }: HttpResponse<Answer, Refused>) => error)
  }

  const malformed = await refused(api.auth.sign({ ...alice, Email: 'nobody' }))
  expect(malformed.Code === 400 && malformed.Details[0]?.Field === 'Email', 'the bad field')
  expect((await api.auth.sign(alice)).data.Code === 200, 'a mailed code')
  const hasty = await refused(api.auth.sign(alice))
  expect(hasty.Code === 429 && hasty.RetryAfter > 0, 'a cooldown')
  expect((await api.auth.verify({ ...alice, VerifyCode: await mailedCode() })).data.Code === 200, 'an account')

  await refusedLogin(wrongPassword)
  await login(Password)
  expect((await api.checkJwtToken.checkToken()).data.Code === 200, 'a good token')
  const { data } = await api.auth.listSessions()
  expect(data.Sessions?.[0]?.Current === true, 'the session that asks')
  expect((await api.auth.logout({})).data.Code === 200, 'a logout')
  expect((await refused(api.checkJwtToken.checkToken())).Code === 401, 'a dead token')

  expect((await api.auth.resetPassword({ Email })).data.Code === 200, 'a mailed code')
  const update = { Email, Password: newPassword, VerifyCode: await mailedCode() }
  expect((await api.auth.updatePassword(update)).data.Code === 200, 'a new password')
  await login(newPassword)
  expect((await api.auth.deleteAccount({ Password: newPassword })).data.Code === 200, 'no account')
  await refusedLogin(newPassword)
}
