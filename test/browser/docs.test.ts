import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { build, digest, file } from '../helper.ts'
import { launch, noBrowser, open } from '../support/browser.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const viewports = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } }

async function docs (t: Test): Promise<string> {
  const world = await build(t, 'embedded')
  await world.register(alice)
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  return `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}/docs`
}

t.test('the documentation page', { skip: noBrowser }, async t => {
  const browser = await launch(t)
  const url = await docs(t)
  const operations = [...file('openapi.yaml').matchAll(/operationId: (\w+)/g)].map(([, id]) => id ?? '')
  t.ok(operations.length >= 8)

  for (const [device, viewport] of Object.entries(viewports)) {
    await t.test(`shows every operation on a ${device}, with local assets alone, no error and no violation of its policy`, async t => {
      const { page, faults } = await open(t, browser, url, { viewport, colorScheme: device === 'phone' ? 'dark' : 'light' })
      await page.locator('.opblock').first().waitFor()
      t.equal(await page.locator('.opblock').count(), operations.length)
      for (const operation of operations) t.equal(await page.locator(`[id$="-${operation}"]`).count(), 1, operation)
      t.match(await page.title(), /Dream Auth/)
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, 'nothing is cut off at the side')
      if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/docs-${device}.png`, fullPage: true })
      t.strictSame(faults, [])
    })
  }

  await t.test('lets a person try a login out, and shows the answer', async t => {
    const { page, faults } = await open(t, browser, url, { viewport: viewports.desktop })
    const login = page.locator('[id$="-login"]')
    await login.locator('.opblock-summary-control').click()
    const body = login.locator('textarea.body-param__text')
    await body.fill(JSON.stringify({ Email: alice.Email, Password: alice.Password }))
    await login.locator('button.execute').click()
    const answer = login.locator('.live-responses-table .response').first()
    await answer.locator('.response-col_status').filter({ hasText: '200' }).waitFor()
    t.match(await answer.innerText(), /"Code": 200[\s\S]*"Token": "ey/)
    if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/docs-login.png`, fullPage: true })
    t.strictSame(faults, [])
  })
})
