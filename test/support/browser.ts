import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import root, { type Test } from 'tap'
import { find } from './services.ts'

// The shell first: Chromium without the browser around its pages, which takes half the processor time.
const CANDIDATES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const PACKAGES = ['chromium-headless-shell', 'chromium']

/** A Chromium of this machine: installed where that is possible without asking, and named as missing where not. */
function installed (): string | undefined {
  const there = (): string | undefined => {
    const path = CANDIDATES.map(find).find(file => file !== undefined)
    return path ?? ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find(file => existsSync(file))
  }
  if (there() === undefined && find('apt-get') !== undefined && process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env })
    PACKAGES.some(name => spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { stdio: 'ignore', env }).status === 0)
  }
  return there()
}

export const browserPath = installed()

/** Why tests in a browser cannot run here, or `false`. */
export const noBrowser = browserPath === undefined ? 'needs Chromium: apt-get install chromium-headless-shell (Debian) or chromium (Ubuntu), or brew install --cask google-chrome (macOS)' : false

let browser: Promise<Browser> | undefined
// Each takes seconds, and minutes on a machine that is busy with other things.
root.setTimeout(240_000)
root.teardown(async () => { await (await browser)?.close() })

/** The browser of this test file, which asks nobody anything by itself. Tests that are not to know of each other have a context each. */
export function launch (): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: browserPath ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic']
  })
  return browser
}

/** A page, and everything about it that should not have happened: errors, refusals of its policy, requests to elsewhere. */
export async function open (t: Test, browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<{ page: Page, faults: string[] }> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  const faults: string[] = []
  const page = await context.newPage()
  await page.exposeFunction('reportViolation', (violation: string) => { faults.push(violation) })
  await page.addInitScript({
    content: 'document.addEventListener(\'securitypolicyviolation\', event => { window.reportViolation(\'policy: \' + event.violatedDirective + \' \' + event.blockedURI) })'
  })
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`) })
  page.on('pageerror', error => { faults.push(`script: ${error.message}`) })
  // What a page lets go of as it is left has not failed.
  page.on('requestfailed', request => { if (request.failure()?.errorText !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()}`) })
  page.on('response', response => { if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`) })
  page.on('request', request => {
    const asked = new URL(request.url())
    if (!['data:', 'blob:', 'about:'].includes(asked.protocol) && asked.origin !== new URL(url).origin) faults.push(`elsewhere: ${request.url()}`)
  })
  await page.goto(url, { waitUntil: 'load' })
  return { page, faults }
}
