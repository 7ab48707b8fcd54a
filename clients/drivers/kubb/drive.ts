import { Refusal, target } from './fetch.ts'
import * as api from './generated/index.ts'
import type { CheckToken401, Sign400, Sign429 } from './generated/index.ts'
import { expect, type Scene } from './scene.ts'

// A function for each operation that gives the body of HTTP 200 and throws any other, for which a type is generated.
export async function walk ({ baseUrl, alice, wrongPassword, newPassword, mailedCode }: Scene): Promise<void> {
  const { Email, Password } = alice
  target.baseUrl = baseUrl

  async function login (Password: string): Promise<void> {
    const answer = await api.login({ Email, Password })
    expect(answer.Code !== 501, 'a login')
    target.token = answer.Token
  }
  async function refusedLogin (Password: string): Promise<void> {
    const answer = await api.login({ Email, Password })
    expect(answer.Code === 501, 'a refused login')
    // @ts-expect-error What failed has no token.
    expect(answer.Token === undefined, 'no token')
  }
  async function refused (call: Promise<unknown>): Promise<CheckToken401 | Sign400 | Sign429> {
    const error = await call.then(() => undefined, (error: unknown) => error)
    expect(error instanceof Refusal, 'a refusal')
    return error.answer
  }

  const malformed = await refused(api.sign({ ...alice, Email: 'nobody' }))
  expect(malformed.Code === 400 && malformed.Details[0]?.Field === 'Email', 'the bad field')
  expect((await api.sign(alice)).Code === 200, 'a mailed code')
  const hasty = await refused(api.sign(alice))
  expect(hasty.Code === 429 && hasty.RetryAfter > 0, 'a cooldown')
  expect((await api.verify({ ...alice, VerifyCode: await mailedCode() })).Code === 200, 'an account')

  await refusedLogin(wrongPassword)
  await login(Password)
  expect((await api.checkToken()).Code === 200, 'a good token')
  const listed = await api.listSessions()
  expect(listed.Sessions?.[0]?.Current === true, 'the session that asks')
  expect((await api.logout({})).Code === 200, 'a logout')
  expect((await refused(api.checkToken())).Code === 401, 'a dead token')

  expect((await api.resetPassword({ Email })).Code === 200, 'a mailed code')
  const update = { Email, Password: newPassword, VerifyCode: await mailedCode() }
  expect((await api.updatePassword(update)).Code === 200, 'a new password')
  await login(newPassword)
  expect((await api.deleteAccount({ Password: newPassword })).Code === 200, 'no account')
  await refusedLogin(newPassword)
}
