import { digest, type World } from '../helper.ts'

export interface Person { Name: string, Email: string, Password: string }

/** Accounts of the same password, all but the first written into the table and not asked for: a hash each would take long. */
export async function populate (world: World, count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, (_, i) => ({ Name: `person ${i}`, Email: `person${i}@example.com`, Password: digest('correct horse battery staple') }))
  const [first, ...rest] = people
  if (first === undefined) return []
  await world.register(first)
  const { Password } = await world.app.database.selectFrom('Users').select('Password').executeTakeFirstOrThrow()
  if (rest.length > 0) {
    await world.app.database.insertInto('Users').values(rest.map(({ Name, Email }) => ({ UserName: Name, NameKey: Name, Email, EmailKey: Email, Password }))).execute()
  }
  return people
}

/** Networks that have nothing to do with one another. */
export const networkNumber = (i: number): string => `${11 + i % 80}.${i % 251}.${Math.floor(i / 251)}.1`
