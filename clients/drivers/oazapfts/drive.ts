import * as api from './generated/client.ts'
import { expect, type Scene } from './scene.ts'

// A function for each operation; an answer is told apart by its HTTP status first, and then by its Code.
export async function walk ({ baseUrl, alice, wrongPassword, newPassword, mailedCode }: Scene): Promise<void> {
  const { Email, Password } = alice
  const headers: Record<string, string> = {}
  Object.assign(api.defaults, { baseUrl, headers })

  async function login (Password: string): Promise<void> {
    const { status, data } = await api.login({ Email, Password })
    expect(status === 200 && data.Code !== 501, 'a login')
    const token: string = data.Token
    headers.Authorization = `Bearer ${token}`
  }
  async function refusedLogin (Password: string): Promise<void> {
    const { status, data } = await api.login({ Email, Password })
    expect(status === 200 && data.Code === 501, 'a refused login')
    // @ts-expect-error What failed has no token.
    expect(data.Token === undefined, 'no token')
  }

  const malformed = await api.sign({ ...alice, Email: 'nobody' })
  expect(malformed.status === 400 && malformed.data.Details[0]?.Field === 'Email', 'the bad field')
  expect((await api.sign(alice)).data.Code === 200, 'a mailed code')
  const hasty = await api.sign(alice)
  expect(hasty.status === 429 && hasty.data.RetryAfter > 0, 'a cooldown')
  expect((await api.verify({ ...alice, VerifyCode: await mailedCode() })).data.Code === 200, 'an account')

  await refusedLogin(wrongPassword)
  await login(Password)
  expect((await api.checkToken()).data.Code === 200, 'a good token')
  const listed = await api.listSessions()
  expect(listed.status === 200 && listed.data.Sessions?.[0]?.Current === true, 'the session that asks')
  expect((await api.logout({})).data.Code === 200, 'a logout')
  expect((await api.checkToken()).status === 401, 'a dead token')

  expect((await api.resetPassword({ Email })).data.Code === 200, 'a mailed code')
  const update = { Email, Password: newPassword, VerifyCode: await mailedCode() }
  expect((await api.updatePassword(update)).data.Code === 200, 'a new password')
  await login(newPassword)
  expect((await api.deleteAccount({ Password: newPassword })).data.Code === 200, 'no account')
  await refusedLogin(newPassword)
}
