import { isErrorFromAlias } from '@zodios/core'
import { createApiClient } from './generated/client.ts'
import { expect, type Scene } from './scene.ts'

// A client that checks each answer of HTTP 200 against a zod schema of the document, and throws any other answer. Asked to check
// requests as well, it would not let the malformed one out.
export async function walk ({ baseUrl, alice, wrongPassword, newPassword, mailedCode }: Scene): Promise<void> {
  const { Email, Password } = alice
  const api = createApiClient(baseUrl, { validate: 'response' })
  let token = ''
  api.use({
    name: 'bearer',
    request: async (_, config) => token === '' ? config : { ...config, headers: { ...config.headers, Authorization: `Bearer ${token}` } }
  })

  async function login (Password: string): Promise<void> {
    const answer = await api.login({ Email, Password })
    expect(answer.Code !== 501, 'a login')
    token = answer.Token
  }
  async function refusedLogin (Password: string): Promise<void> {
    const answer = await api.login({ Email, Password })
    expect(answer.Code === 501, 'a refused login')
    token = ''
    // @ts-expect-error What failed has no token.
    token = answer.Token
  }
  const refusal = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined, (error: unknown) => error)

  const malformed = await refusal(api.sign({ ...alice, Email: 'nobody' }))
  expect(isErrorFromAlias(api.api, 'sign', malformed) && malformed.response.status === 400, 'a refusal')
  expect(malformed.response.data.Details[0]?.Field === 'Email', 'the bad field')
  expect((await api.sign(alice)).Code === 200, 'a mailed code')
  const hasty = await refusal(api.sign(alice))
  expect(isErrorFromAlias(api.api, 'sign', hasty) && hasty.response.status === 429, 'a refusal')
  expect(hasty.response.data.RetryAfter > 0, 'a cooldown')
  expect((await api.verify({ ...alice, VerifyCode: await mailedCode() })).Code === 200, 'an account')

  await refusedLogin(wrongPassword)
  await login(Password)
  expect((await api.checkToken()).Code === 200, 'a good token')
  const listed = await api.listSessions()
  expect(listed.Sessions?.[0]?.Current === true, 'the session that asks')
  expect((await api.logout({})).Code === 200, 'a logout')
  const dead = await refusal(api.checkToken())
  expect(isErrorFromAlias(api.api, 'checkToken', dead) && dead.response.status === 401, 'a dead token')

  expect((await api.resetPassword({ Email })).Code === 200, 'a mailed code')
  const update = { Email, Password: newPassword, VerifyCode: await mailedCode() }
  expect((await api.updatePassword(update)).Code === 200, 'a new password')
  await login(newPassword)
  expect((await api.deleteAccount({ Password: newPassword })).Code === 200, 'no account')
  await refusedLogin(newPassword)
}
