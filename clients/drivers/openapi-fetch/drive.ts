import createClient from 'openapi-fetch'
import type { paths } from './generated/schema.ts'
import { expect, type Scene } from './scene.ts'

// A refusal is a value: `error` beside `data`. The token is put in by a middleware.
export async function walk ({ baseUrl, alice, wrongPassword, newPassword, mailedCode }: Scene): Promise<void> {
  const { Email, Password } = alice
  let token = ''
  const client = createClient<paths>({ baseUrl })
  client.use({
    onRequest ({ request }) {
      if (token !== '') request.headers.set('Authorization', `Bearer ${token}`)
    }
  })

  async function login (Password: string): Promise<void> {
    const { data } = await client.POST('/Auth/Login', { body: { Email, Password } })
    expect(data !== undefined && data.Code !== 501, 'a login')
    token = data.Token
  }
  async function refusedLogin (Password: string): Promise<void> {
    const { data } = await client.POST('/Auth/Login', { body: { Email, Password } })
    expect(data?.Code === 501, 'a refused login')
    // @ts-expect-error What failed has no token.
    expect(data.Token === undefined, 'no token')
  }

  const malformed = await client.POST('/Auth/Sign', { body: { ...alice, Email: 'nobody' } })
  expect(malformed.error?.Code === 400 && malformed.error.Details[0]?.Field === 'Email', 'the bad field')
  expect((await client.POST('/Auth/Sign', { body: alice })).data?.Code === 200, 'a mailed code')
  const hasty = await client.POST('/Auth/Sign', { body: alice })
  expect(hasty.error?.Code === 429 && hasty.error.RetryAfter > 0, 'a cooldown')
  expect((await client.POST('/Auth/Verify', { body: { ...alice, VerifyCode: await mailedCode() } })).data?.Code === 200, 'an account')

  await refusedLogin(wrongPassword)
  await login(Password)
  expect((await client.GET('/CheckJWTToken')).data?.Code === 200, 'a good token')
  const listed = await client.GET('/Auth/Sessions')
  expect(listed.data?.Sessions?.[0]?.Current === true, 'the session that asks')
  expect((await client.POST('/Auth/Logout', { body: {} })).data?.Code === 200, 'a logout')
  expect((await client.GET('/CheckJWTToken')).error?.Code === 401, 'a dead token')

  expect((await client.POST('/Auth/ResetPassword', { body: { Email } })).data?.Code === 200, 'a mailed code')
  const update = { Email, Password: newPassword, VerifyCode: await mailedCode() }
  expect((await client.POST('/Auth/UpdatePassword', { body: update })).data?.Code === 200, 'a new password')
  await login(newPassword)
  expect((await client.DELETE('/Auth/Account', { body: { Password: newPassword } })).data?.Code === 200, 'no account')
  await refusedLogin(newPassword)
}
