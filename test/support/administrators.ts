import { bearer, digest, type Answer, type World } from '../helper.ts'

export interface Administrator { id: number, token: string, get: World['get'], patch: (url: string, body: unknown) => Promise<Answer>, post: (url: string) => Promise<Answer>, remove: (url: string) => Promise<Answer> }

/** Somebody who has signed up and logged in. */
export async function member (world: World, name: string): Promise<{ id: number, token: string, Email: string, Password: string }> {
  const person = { Name: name, Email: `${name.toLowerCase()}@example.com`, Password: digest(`the password of ${name}`) }
  await world.register(person)
  const { body } = await world.post('/Auth/Login', { Email: person.Email, Password: person.Password })
  return { id: Number(body.UserID), token: String(body.Token), ...person }
}

/** Likewise a super administrator, with ways to ask as one. */
export async function administrator (world: World, name = 'Root'): Promise<Administrator> {
  const { id, token } = await member(world, name)
  await world.app.administration.change(id, { role: 'super_admin' }, 'shell')
  const asking = bearer(token)
  return {
    id,
    token,
    get: url => world.get(url, asking),
    patch: (url, body) => world.patch(url, body, asking),
    post: url => world.post(url, undefined, asking),
    remove: url => world.remove(url, undefined, asking)
  }
}
