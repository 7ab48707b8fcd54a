import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import type { World } from '../helper.ts'
import { root } from '../../src/root.ts'
import { axe } from './axe.ts'
import { open } from './browser.ts'

export const devices = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } }
export const schemes = ['light', 'dark'] as const
export const locales = { zh: 'zh-CN', en: 'en-GB' }
export type Locale = keyof typeof locales

const folder = fileURLToPath(new URL('.artefacts/pages/', root))

/** Serves a world over HTTP and returns its origin. */
export async function serve (world: World): Promise<string> {
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  return `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`
}

export interface Visit {
  page: Page
  /** What should not have happened, and did. */
  faults: string[]
  field: (name: string) => ReturnType<Page['locator']>
  /** Fills fields in, by name, and sends the form. */
  submit: (fields: Record<string, string>) => Promise<void>
  /** Waits for a view, by what it is called. */
  shows: (title: string) => Promise<void>
  /** What is said above the view. */
  notice: (text: string) => Promise<void>
  problem: (text: string | RegExp) => Promise<void>
  /** Where the page is, below the origin. */
  at: () => string
}

/** Opens an account page. Movement is off: what is looked at stands still. */
export async function visit (t: Test, browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const { page, faults } = await open(t, browser, url, { reducedMotion: 'reduce', ...options })
  return visitOf(page, faults)
}

export function visitOf (page: Page, faults: string[]): Visit {
  page.setDefaultTimeout(20_000)
  const field: Visit['field'] = name => page.locator(`form [name="${name}"]:not(.unseen)`)
  return {
    page,
    faults,
    field,
    async submit (fields) {
      for (const [name, value] of Object.entries(fields)) await field(name).fill(value)
      await page.locator('form button[type=submit]').click()
    },
    async shows (title) {
      await page.locator('h1', { hasText: new RegExp(`^${title}$`) }).waitFor()
    },
    async notice (text) { await page.locator('.notices', { hasText: text }).waitFor() },
    async problem (text) { await page.locator('.alert, .error', { hasText: text }).first().waitFor() },
    at () {
      const { pathname, search } = new URL(page.url())
      return pathname + search
    }
  }
}

/** What axe finds wrong with the page as it stands, in either colour scheme. */
export async function violations ({ page }: Visit): Promise<string[]> {
  const all: string[] = []
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme })
    all.push(...(await axe(page, colorScheme === 'light' ? {} : 'colours')).map(each => `${colorScheme}: ${each}`))
  }
  return all
}

/** Keeps a picture of the page in both colour schemes, in `.artefacts/pages`. */
export async function picture ({ page }: Visit, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.screenshot({ path: `${folder}${name}-${scheme}.png`, fullPage: true })
  }
}
