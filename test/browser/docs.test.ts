import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { build, file, modes, type Mode, type World } from '../helper.ts'
import { axe } from '../support/axe.ts'
import { launch, noBrowser, open } from '../support/browser.ts'
import { CAPTCHA, failOften } from '../support/captcha.ts'

const viewports = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } }
const shell = promisify(execFile)

async function serve (t: Test, mode: Mode, settings: Record<string, string> = {}): Promise<{ world: World, url: string }> {
  const world = await build(t, mode, settings)
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  return { world, url: `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}/docs` }
}

async function snap (page: Page, name: string, fullPage = true): Promise<void> {
  if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/docs-${name}.png`, fullPage })
}

const step = (page: Page, name: string): Locator => page.locator(`[data-step="${name}"]`)

/** Sends an operation as the page has it ready, and returns the status and the text of its answer, which is the last of so many. */
async function execute (page: Page, operation: string, answers = 1): Promise<{ status: string, text: string }> {
  const block = page.locator(`[id$="-${operation}"]`)
  if (await block.locator('button.execute').count() === 0) await block.locator('.opblock-summary-control').click()
  let left = answers
  const answered = page.waitForResponse(response => response.request().resourceType() === 'fetch' && --left === 0)
  await block.locator('button.execute').click()
  const answer = await answered
  const live = block.locator('.live-responses-table .response').first()
  await live.locator('.response-col_status').filter({ hasText: String(answer.status()) }).waitFor()
  const text = await live.innerText()
  // Closed again, as Swagger UI renders all that is open at every change of anything.
  await block.locator('.opblock-summary-control').click()
  await live.waitFor({ state: 'detached' })
  return { status: String(answer.status()), text }
}

/** The buttons that lie over the text of an answer. */
const COVERED = `(() => {
  const text = document.createRange()
  text.selectNodeContents(document.querySelector('.live-responses-table .response-col_description .highlight-code .microlight code'))
  const { bottom, right } = text.getBoundingClientRect()
  return [...document.querySelectorAll('.live-responses-table .highlight-code .copy-to-clipboard, .live-responses-table .highlight-code .download-contents')]
    .filter(button => button.getBoundingClientRect().top < bottom && button.getBoundingClientRect().left < right).map(({ className }) => className)
})()`

t.setTimeout(240_000)
t.test('the documentation page', { skip: noBrowser }, async t => {
  const browser = await launch()
  const { url } = await serve(t, 'embedded')
  const operations = [...file('openapi.yaml').matchAll(/operationId: (\w+)/g)].map(([, id]) => id ?? '')
  t.ok(operations.length >= 8)

  await t.test('whoever is asked for a proof of work has it worked out by the page, which says so, and sends the request again, once', async t => {
    const { world, url } = await serve(t, 'embedded', CAPTCHA)
    await failOften(world)
    const { page, faults } = await open(t, browser, url, { viewport: viewports.desktop, locale: 'en' })
    const sent: Array<string | undefined> = []
    page.on('request', request => { if (request.method() === 'POST') sent.push(request.headers()['x-captcha']) })
    await page.evaluate('said = []; new MutationObserver(() => said.push(document.getElementById("status").textContent)).observe(document.getElementById("status"), { childList: true })')

    t.match(await execute(page, 'login', 2), { status: '200', text: /"Code": 501/ }, 'past the 428')
    t.match(sent, [undefined, /^ey/])
    t.match(await page.evaluate('said'), [/proof of work \(428\)/, /sent again with X-Captcha/])

    // A service that is content with no solution.
    await page.route('**/Auth/Login', async route => { await route.continue({ headers: { ...await route.request().allHeaders(), 'x-captcha': '' } }) })
    t.match(await execute(page, 'login', 2), { status: '428', text: /"Code": 428/ })
    t.equal(sent.length, 4, 'it is not asked for ever')

    // As on a page that came neither by HTTPS nor from localhost.
    await page.evaluate('Object.defineProperty(crypto, "subtle", { value: undefined })')
    t.match(await execute(page, 'login'), { status: '428', text: /"Code": 428/ })
    await page.getByRole('status').filter({ hasText: 'HTTPS or localhost' }).waitFor()
    t.equal(sent.length, 5)
    await execute(page, 'live')
    t.equal(await page.getByRole('status').innerText(), '', 'which the next request has nothing to do with')
    t.strictSame(faults.filter(fault => !/\b428\b/.test(fault)), [])
  })

  for (const [device, viewport] of Object.entries(viewports)) {
    await t.test(`shows every operation on a ${device}, with local assets alone, no error and no violation of its policy`, async t => {
      const { page, faults } = await open(t, browser, url, { viewport, ...(device === 'phone' && { colorScheme: 'dark', isMobile: true, locale: 'zh-CN' }) })
      await page.locator('.opblock').first().waitFor()
      t.equal(await page.locator('.opblock').count(), operations.length)
      for (const operation of operations) t.equal(await page.locator(`[id$="-${operation}"]`).count(), 1, operation)
      t.match(await page.title(), /Dream Auth/)
      t.equal(await page.evaluate('innerWidth'), viewport.width, 'a phone does not shrink it')
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, 'nothing is cut off at the side')
      await page.getByRole('heading', { name: device === 'phone' ? '从这里开始' : 'Start here' }).waitFor()
      t.equal(await page.getByText('A worked example').count(), 0, 'that of the document, whose address is another')
      await snap(page, device)
      for (const operation of ['listUsers', 'deleteAccount']) await page.locator(`[id$="-${operation}"] .opblock-summary-control`).click()
      await execute(page, 'live')
      await page.locator('[id$="-live"] .opblock-summary-control').click()
      await page.locator('[id$="-live"] .live-responses-table .download-contents').waitFor()
      await page.locator('[id$="-live"] .opblock-summary .copy-to-clipboard button').focus()
      t.equal(await page.evaluate('document.activeElement.getBoundingClientRect().width >= 24'), true, 'what the keyboard gets to is to be seen')
      t.strictSame(await page.evaluate(COVERED), [], 'an answer can be read beside the buttons to copy and download it')
      const required = await page.evaluate('getComputedStyle(document.querySelector(".parameter__name.required"), "::after").color')
      t.equal(required, device === 'phone' ? 'rgb(255, 95, 95)' : 'rgb(192, 32, 32)', 'what axe does not see has contrast enough as well')
      t.strictSame(await axe(page), [], 'axe finds nothing, in what Swagger UI draws neither')
      await page.locator('.auth-wrapper .authorize').first().click()
      await page.getByRole('dialog').waitFor()
      t.strictSame(await axe(page, {}, '.modal-ux'), [])
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click()
      await page.getByRole('button', { name: device === 'phone' ? 'English' : '中文' }).click()
      await page.getByRole('heading', { name: device === 'phone' ? 'Start here' : '从这里开始' }).waitFor()
      t.strictSame(faults, [])
    })
  }
})

for (const mode of modes) {
  t.test(`${mode}: the documentation page`, { skip: noBrowser }, async t => {
    const browser = await launch()
    const { world, url } = await serve(t, mode)

    await t.test('the whole flow can be tried on it: the token is taken over by login and forgotten by logout', async t => {
      const { page, faults } = await open(t, browser, url, { viewport: viewports.desktop, locale: 'en' })
      await page.locator('.opblock').first().waitFor()
      await page.getByLabel('E-mail').fill('carol@example.com')
      await page.getByLabel('Name').fill('Carol')

      await step(page, 'sign').getByRole('button', { name: /Try it/ }).click()
      t.match(await execute(page, 'sign'), { status: '200', text: /"Code": 200/ })
      if (mode === 'embedded') t.equal(await page.getByRole('link', { name: /mailbox/ }).getAttribute('href'), '/dev/mailbox')
      else t.equal(await page.getByRole('link', { name: /mailbox/ }).count(), 0, 'where there is none')
      await page.getByLabel('Code from the mail').fill(await world.codeFor('carol@example.com'))
      t.match(await execute(page, 'verify'), { status: '200', text: /"Code": 200/ })
      t.match(await execute(page, 'login'), { status: '200', text: /"Code": 200[\s\S]*"Token": "ey/ })
      await page.getByRole('status').filter({ hasText: 'Logged in' }).waitFor()
      t.match(await execute(page, 'checkToken'), { status: '200', text: /x-auth-user-id: 1/ })
      t.match(await execute(page, 'listSessions'), { status: '200', text: /"Current": true/ })
      await snap(page, `${mode}-logged-in`)
      t.strictSame(faults, [])

      t.match(await execute(page, 'logout'), { status: '200' })
      await page.getByRole('status').filter({ hasText: 'Logged out' }).waitFor()
      const [request] = await Promise.all([page.waitForRequest(/CheckJWTToken/), execute(page, 'checkToken').then(answer => { t.match(answer, { status: '401', text: /"Code": 401/ }) })])
      t.notOk('authorization' in request.headers(), 'and not sent any more')
    })

    await t.test('what may be left out is left out until somebody fills it in', async t => {
      const { page } = await open(t, browser, url, { viewport: viewports.desktop, locale: 'en' })
      await page.locator('.opblock').first().waitFor()
      const [list] = await Promise.all([page.waitForRequest(/Admin\/Users/), execute(page, 'listUsers')])
      t.match(new URL(list.url()).search, /^(?:\?Limit=50)?$/, 'no filter')
      const [login] = await Promise.all([page.waitForRequest(/Auth\/Login/), execute(page, 'login')])
      t.notOk('x-captcha' in login.headers(), 'no solution')
    })

    await t.test('its commands, copied into a shell, do what they say, whatever is in a name', async t => {
      const { page, faults } = await open(t, browser, url, { viewport: viewports.desktop, locale: 'en', permissions: ['clipboard-read', 'clipboard-write'] })
      await page.locator('.opblock').first().waitFor()
      await page.getByLabel('E-mail').fill('dan@example.com')
      await page.getByLabel('Name').fill('Dan "$HOME" O\'Neil`id`')
      const commandOf = async (name: string): Promise<string> => {
        // It says so for two seconds.
        await Promise.all([step(page, name).getByText('Copied').waitFor(), step(page, name).getByRole('button', { name: /Copy/ }).click()])
        return String(await page.evaluate('navigator.clipboard.readText()'))
      }
      const run = async (...commands: string[]): Promise<string> => (await shell('sh', ['-c', commands.join('\n')])).stdout

      t.match(await run(await commandOf('sign')), /"Code":200/)
      await page.getByLabel('Code from the mail').fill(await world.codeFor('dan@example.com'))
      t.match(await run(await commandOf('verify')), /"Code":200/)
      t.strictSame(await world.rows("SELECT UserName FROM Users WHERE Email = 'dan@example.com'"), [{ UserName: 'Dan "$HOME" O\'Neil`id`' }])
      const [login, check, logout] = [await commandOf('login'), await commandOf('checkToken'), await commandOf('logout')]
      t.match(await run(login, check, logout, check), /^ey\S+\nHTTP\/1\.1 200 [\s\S]*"Code":200,[\s\S]*\{"Code":200,[^}]*\}HTTP\/1\.1 401 /)
      t.strictSame(faults, [])
    })
  })
}
