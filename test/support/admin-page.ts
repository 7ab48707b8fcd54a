import type { Browser, BrowserContextOptions } from 'playwright-core'
import type { Test } from 'tap'
import { en } from '../../pages/admin/en.ts'
import { zh } from '../../pages/admin/zh.ts'
import { nameKey } from '../../src/canonical.ts'
import { build, type Mode, type World } from '../helper.ts'
import { serve, visit, type Visit } from './account-pages.ts'
import { administrator, type Administrator } from './administrators.ts'

export const words = { zh, en }
export type Language = keyof typeof words

export interface Scene { world: World, origin: string, admin: Administrator }

/** A service with a super administrator, Root, that a browser can reach. */
export async function scene (t: Test, mode: Mode): Promise<Scene> {
  const world = await build(t, mode)
  const admin = await administrator(world)
  return { world, origin: await serve(world), admin }
}

/** Opens an address that is for whoever is logged in, and logs in there. */
export async function enter (t: Test, browser: Browser, url: string, name: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const visited = await visit(t, browser, url, options)
  await visited.submit({ Email: `${name.toLowerCase()}@example.com`, Password: `the password of ${name}` })
  await visited.page.waitForURL(url)
  return visited
}

/** Accounts written into the table: a hash each would take long. */
export async function insert ({ app }: World, people: Array<{ name: string, email: string }>): Promise<void> {
  for (let i = 0; i < people.length; i += 200) {
    await app.database.insertInto('Users').values(people.slice(i, i + 200).map(({ name, email }) => ({ UserName: name, NameKey: nameKey(name), Email: email, EmailKey: email, Password: '' }))).execute()
  }
}
