import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { en } from '../../pages/admin/en.ts'
import { zh } from '../../pages/admin/zh.ts'
import { nameKey } from '../../src/canonical.ts'
import { root } from '../../src/root.ts'
import { build, type Mode, type World } from '../helper.ts'
import { administrator, type Administrator } from './administrators.ts'
import { open } from './browser.ts'

export const words = { zh, en }
export type Language = keyof typeof words

export interface Scene { world: World, origin: string, admin: Administrator }

/** A service with a super administrator, Root, that a browser can reach. */
export async function scene (t: Test, mode: Mode): Promise<Scene> {
  const world = await build(t, mode)
  const admin = await administrator(world)
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  return { world, origin: `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`, admin }
}

/** Opens an address that is for whoever is logged in, and logs in there. */
export async function enter (t: Test, browser: Browser, url: string, name: string, options: BrowserContextOptions = {}): Promise<{ page: Page, faults: string[] }> {
  const opened = await open(t, browser, url, options)
  const { page } = opened
  await page.locator('input[type=email]').fill(`${name.toLowerCase()}@example.com`)
  await page.locator('input[type=password]').fill(`the password of ${name}`)
  await page.locator('button[type=submit]').click()
  await page.waitForURL(url)
  return opened
}

/** Accounts written into the table: a hash each would take long. */
export async function insert ({ app }: World, people: Array<{ name: string, email: string }>): Promise<void> {
  for (let i = 0; i < people.length; i += 200) {
    await app.database.insertInto('Users').values(people.slice(i, i + 200).map(({ name, email }) => ({ UserName: name, NameKey: nameKey(name), Email: email, EmailKey: email, Password: '' }))).execute()
  }
}

const AXE = readFileSync(new URL('node_modules/axe-core/axe.min.js', root), 'utf8')

/** What axe has against the page as it is. */
export async function violations (page: Page): Promise<unknown> {
  // What moves in is half transparent for a moment.
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})))')
  return await page.evaluate(`${AXE}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html)))`)
}

/** Keeps a picture where `SCREENSHOTS` names a folder. */
export async function snap (page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/admin-${name}.png`, fullPage: true })
}
