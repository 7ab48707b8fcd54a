import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { launch, noBrowser, open } from '../support/browser.ts'

const person = (name: string) => ({ Name: name, Email: `${name}@example.com`, Password: digest(name) })
const views = [
  { name: 'phone, light', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { name: 'phone, dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { name: 'desktop, light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'desktop, dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }
] as const

async function mailbox (t: Test): Promise<{ world: World, url: string }> {
  const world = await build(t, 'embedded')
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  return { world, url: `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}/dev/mailbox` }
}

t.test('the page of the development mailbox', { skip: noBrowser }, async t => {
  const browser = await launch()
  // Alone, as there is one clipboard for all.
  await t.test('a click on the code copies it', async t => {
    const { world, url } = await mailbox(t)
    const { page } = await open(t, browser, url, { permissions: ['clipboard-read', 'clipboard-write'] })
    await world.post('/Auth/Sign', person('alice'))
    // Shown for two seconds.
    await Promise.all([page.getByText('✓').waitFor(), page.getByRole('button').click()])
    t.equal(await page.evaluate('navigator.clipboard.readText()'), await world.codeFor('alice@example.com'))
  })

  // They wait for the page to ask again most of the time, so they wait together.
  t.jobs = views.length
  for (const { name, ...options } of views) {
    t.test(`${name}: mails appear as they come, the mail can be read; no error, no violation of its policy`, { buffered: true }, async t => {
      const { world, url } = await mailbox(t)
      const { page, faults } = await open(t, browser, url, { ...options, permissions: ['clipboard-write'] })
      const snap = async (what: string): Promise<void> => {
        if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/mailbox-${name.replace(', ', '-')}-${what}.png` })
      }
      await page.getByText('No mail yet').waitFor()
      await snap('empty')

      await world.post('/Auth/Sign', person('alice'))
      await page.getByText('alice@example.com').waitFor()
      await world.post('/Auth/Sign', person('someone.with.a.very.long.address.that.does.not.fit'), { headers: { 'accept-language': 'en' } })
      await page.getByText('someone.with').waitFor()
      t.equal(await page.locator('article').count(), 2)
      t.match(await page.locator('article').first().innerText(), /sign-up code/, 'the newest is on top')

      const code = await world.codeFor('alice@example.com')
      const alice = page.locator('article').last()
      await Promise.all([alice.getByText('✓').waitFor(), alice.getByRole('button').click()])

      await alice.locator('summary').click()
      const mail = alice.frameLocator('iframe')
      await mail.getByText(code, { exact: true }).last().waitFor()
      t.match(await mail.locator('body').innerText(), '注册')
      t.equal(await alice.locator('iframe').getAttribute('sandbox'), '', 'the mail may run nothing')
      await snap('open')

      await world.post('/Auth/Sign', person('carol'))
      await page.getByText('carol@example.com').waitFor()
      t.equal(await alice.locator('details[open]').count(), 1, 'a mail being read stays open when another comes')
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, 'nothing is cut off at the side')
      t.strictSame(faults, [])
    })
  }

  t.test('says so when the server is gone, and goes on when it is back', { buffered: true }, async t => {
    const { page } = await open(t, browser, (await mailbox(t)).url)
    await page.context().setOffline(true)
    await page.getByText('The server does not answer').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Refreshes by itself').waitFor()
    t.equal(await page.getByText('The server does not answer').count(), 0)
  })
})

t.test('the mailbox does not exist for another machine, behind a proxy, or under a foreign name', async t => {
  const world = await build(t, 'embedded', { TRUST_PROXY: '127.0.0.1' })
  await world.post('/Auth/Sign', person('alice'))
  const strangers = [
    { from: '192.0.2.7' },
    { from: '::ffff:192.0.2.7' },
    { from: 'fe80::1' },
    { headers: { 'x-forwarded-for': '127.0.0.1' } },
    { headers: { forwarded: 'for=127.0.0.1' } },
    { headers: { host: 'evil.example' } },
    { headers: { host: 'evil.example:8888' } },
    { headers: { host: 'localhost.evil.example' } },
    { headers: { 'x-forwarded-host': 'localhost', host: 'evil.example' } }
  ]
  for (const path of ['/dev/mailbox', '/dev/mailbox.json', '/dev/mailbox.json?To=alice@example.com']) {
    for (const stranger of strangers) {
      const answer = await world.get(path, stranger)
      t.match(answer, { status: 404, body: { Code: 404 } }, `${path} ${JSON.stringify(stranger)}`)
      t.notMatch(answer.text, /alice|\d{6}/)
    }
    for (const host of ['localhost:8888', '127.0.0.1:8888', '[::1]:8888']) t.match(await world.get(path, { headers: { host } }), { status: 200 }, host)
  }
})

for (const mode of modes) {
  t.test(`${mode}: there is no mailbox where mails leave the house`, async t => {
    const world = await build(t, mode, { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SENDER: 'a@example.com', EMAIL_PASSWORD: 'x' })
    for (const path of ['/dev/mailbox', '/dev/mailbox.json']) t.match(await world.get(path), { status: 404, body: { Code: 404 } }, path)
  })
}
