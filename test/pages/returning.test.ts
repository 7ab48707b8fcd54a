import t, { type Test } from 'tap'
import type { Browser } from 'playwright-core'
import { en } from '../../pages/texts/en.ts'
import { build, digest, type World } from '../helper.ts'
import { devices, serve, visit, violations, type Visit } from '../support/account-pages.ts'
import { launch, noBrowser } from '../support/browser.ts'

const PASSWORD = 'correct horse battery staple'
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest(PASSWORD) }
const APP = 'https://app.example.com/dream'
const STATE = 'a b&Result=x#/+%7F记'

interface Ground { world: World, origin: string }
interface Arrival extends Visit, Ground {}

/** A service that knows Alice, and one app to send people back to. */
async function ground (t: Test): Promise<Ground> {
  const world = await build(t, 'embedded', { ACCOUNT_RETURN_TO: APP })
  await world.register(alice)
  return { world, origin: await serve(world) }
}

const asking = (view: string, returnTo: string): string => `${view}?${new URLSearchParams({ ReturnTo: returnTo, State: STATE })}`

/** Somebody who has come to a page. The app that may have sent them is played by the browser. */
async function arrive (t: Test, browser: Browser, path: string, at?: Ground): Promise<Arrival> {
  const { world, origin } = at ?? await ground(t)
  const walk = await visit(t, browser, `${origin}/account/${path}`, { viewport: devices.desktop, locale: 'en-GB' })
  await walk.page.route('https://app.example.com/**', route => route.fulfill({ contentType: 'text/plain', body: 'the app' }))
  return { ...walk, world, origin }
}

/** The address that the app was called with: nothing in it but what was agreed. */
async function returned (t: Test, { page, faults }: Arrival, result: string, expected = /^elsewhere: https:\/\/app\.example\.com\//): Promise<void> {
  await page.waitForURL('https://app.example.com/**')
  const url = new URL(page.url())
  t.equal(url.origin + url.pathname, APP)
  t.same(Object.fromEntries(url.searchParams), { keep: '1', Result: result, State: STATE })
  t.equal(url.hash, '#part')
  t.notMatch(page.url(), /eyJ|Token/i, 'no token is in it')
  t.same(faults.filter(fault => !expected.test(fault)), [])
}

t.test('people come back to the app that sent them', { skip: noBrowser }, async t => {
  const browser = await launch()
  const target = `${APP}?keep=1#part`

  await t.test('after a login, with the state as it was', async t => {
    const walk = await arrive(t, browser, asking('login', target))
    await walk.submit({ Email: alice.Email, Password: PASSWORD })
    await returned(t, walk, 'logged_in')
  })

  await t.test('also where the service could not say at first whether it may be', async t => {
    const walk = await arrive(t, browser, 'forgot')
    const { page } = walk
    let failures = 0
    await page.route('**/return-to.json*', route => ++failures > 2 ? route.continue() : failures > 1 ? route.fulfill({ status: 503, contentType: 'application/json', body: '{"Code":529,"Msg":""}' }) : route.abort())
    for (const told of [page.waitForEvent('requestfailed', request => request.failure()?.errorText === 'net::ERR_FAILED'), page.waitForResponse('**/return-to.json*')]) {
      await page.goto(`${walk.origin}/account/${asking('login', target)}`)
      await told
      await walk.shows(en.login.title)
      t.equal(await page.getByText(en.returning.refused).count(), 0)
    }
    await walk.submit({ Email: alice.Email, Password: PASSWORD })
    await returned(t, walk, 'logged_in', /^(elsewhere: https:\/\/app\.example\.com|failed: .*return-to|503: .*return-to|console: Failed to load resource)/)
  })

  await t.test('after a sign-up that went through several views and a reload', async t => {
    const walk = await arrive(t, browser, asking('login', target))
    await walk.page.getByRole('link', { name: en.login.signUp, exact: true }).click()
    await walk.submit({ Name: 'Bob', Email: 'bob@example.com', Password: PASSWORD })
    await walk.shows(en.code.title)
    await walk.page.reload()
    await walk.submit({ VerifyCode: await walk.world.codeFor('bob@example.com'), Password: PASSWORD })
    await returned(t, walk, 'signed_up')
  })

  await t.test('after a password reset', async t => {
    const walk = await arrive(t, browser, asking('forgot', target))
    await walk.submit({ Email: alice.Email })
    await walk.shows(en.reset.title)
    await walk.submit({ VerifyCode: await walk.world.codeFor(alice.Email), Password: 'another good password' })
    await returned(t, walk, 'password_reset')
  })

  await t.test('after a deletion, having logged in for it', async t => {
    const walk = await arrive(t, browser, asking('delete', target))
    await walk.page.evaluate('history.replaceState(null, "", location.href)')
    await walk.shows(en.login.title)
    // The login is a step on the way here, and not what the app has asked for.
    await walk.submit({ Email: alice.Email, Password: PASSWORD })
    await walk.shows(en.delete.title)
    await walk.field('Accept').check()
    await walk.submit({ Password: PASSWORD })
    await returned(t, walk, 'deleted')
  })

  await t.test('with nothing done', async t => {
    const walk = await arrive(t, browser, asking('sign-up', target))
    t.strictSame(await violations(walk), [])
    await walk.page.getByRole('link', { name: en.returning.cancel('app.example.com') }).click()
    await returned(t, walk, 'cancelled')
  })

  await t.test('whoever is logged in is asked first', async t => {
    const walk = await arrive(t, browser, asking('login', 'https://evil.example/'))
    await walk.submit({ Email: alice.Email, Password: PASSWORD })
    await walk.shows(en.profile.title)
    await walk.page.goto(`${walk.origin}/account/${asking('login', target)}`)
    await walk.page.getByText(en.returning.signedIn(alice.Email)).waitFor()
    t.strictSame(await violations(walk), [])
    await walk.page.getByRole('button', { name: en.returning.continue('app.example.com') }).click()
    await returned(t, walk, 'logged_in')
  })

  await t.test('and to no other: it says so, and stays', async t => {
    const at = await ground(t)
    for (const elsewhere of ['https://evil.example/', 'https://app.example.com.evil.example/dream', '//app.example.com/dream', '/account/delete', 'javascript:alert(1)']) {
      const walk = await arrive(t, browser, asking('login', elsewhere), at)
      await walk.notice(en.returning.refused)
      t.equal(await walk.page.getByText('evil').count(), 0)
      await walk.submit({ Email: alice.Email, Password: PASSWORD })
      await walk.shows(en.profile.title)
      t.equal(new URL(walk.page.url()).origin, walk.origin)
      t.strictSame(walk.faults, [], elsewhere)
    }
  })

  await t.test('and within the pages to views alone', async t => {
    const world = await build(t, 'embedded')
    const origin = await serve(world)
    await world.register(alice)
    for (const [next, path] of [['//evil.example', '/account/profile'], ['https://evil.example', '/account/profile'], ['../../dev/mailbox', '/account/profile'], ['password', '/account/password'], ['admin/users/7', '/account/admin/users/7']] as const) {
      const walk = await visit(t, browser, `${origin}/account/login?${new URLSearchParams({ Next: next })}`, { locale: 'en-GB' })
      await walk.submit({ Email: alice.Email, Password: PASSWORD })
      await walk.page.waitForURL(`**${path}`)
      t.equal(walk.page.url(), origin + path, next)
    }
  })
})
