import t, { type Test } from 'tap'
import type { Browser } from 'playwright-core'
import { en } from '../../pages/texts/en.ts'
import { zh } from '../../pages/texts/zh.ts'
import { build, digest, type World } from '../helper.ts'
import { devices, picture, serve, visit, violations, type Visit } from '../support/account-pages.ts'
import { launch, noBrowser } from '../support/browser.ts'
import { CAPTCHA, failOften } from '../support/captcha.ts'

const PASSWORD = 'correct horse battery staple'
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest(PASSWORD) }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: PASSWORD }

interface Ground extends Visit { world: World, origin: string }

/** A page of a service of its own, in English on a phone. */
async function ground (t: Test, browser: Browser, path: string, settings: Record<string, string> = {}): Promise<Ground> {
  const world = await build(t, 'embedded', settings)
  const origin = await serve(world)
  const walk = await visit(t, browser, origin + path, { viewport: devices.phone, locale: 'en-GB' })
  return { ...walk, world, origin }
}

/** What is left where answers are to be refused and requests to fail: the browser tells its console of each. */
const unexpected = (faults: string[]): string[] => faults.filter(fault => !/^(4\d\d|5\d\d|failed): |^console: Failed to load resource/.test(fault))

t.test('account pages in trouble', { skip: noBrowser }, async t => {
  const browser = await launch()

  await t.test('what is missing or wrong is said at the top and at each field, and the first takes the focus', async t => {
    const walk = await ground(t, browser, '/account/sign-up')
    const { page, submit, problem, field, faults } = walk
    await submit({ Email: 'alice@', Password: 'short' })
    await problem(en.checks.required(en.fields.Name))
    for (const text of [en.checks.email, en.checks.short]) t.equal(await page.getByText(text, { exact: true }).count(), 2, text)
    await page.locator('[name=Name]:focus').waitFor()
    for (const name of ['Name', 'Email', 'Password']) {
      t.equal(await field(name).getAttribute('aria-invalid'), 'true')
      const [first = ''] = (await field(name).getAttribute('aria-describedby'))?.split(' ') ?? []
      t.equal(await page.locator(`#${first}.error`).count(), 1, `${name} is described by its error`)
    }
    await page.getByRole('link', { name: en.checks.short }).click()
    await page.locator('[name=Password]:focus').waitFor()
    t.strictSame(await violations(walk), [])
    await picture(walk, 'en-phone-sign-up-wrong')
    await field('Name').fill('Alice')
    t.equal(await page.getByText(en.checks.required(en.fields.Name)).count(), 0, 'an error goes with its cause')
    t.strictSame(faults, [])
  })

  await t.test('a name or an address that is taken, a wrong code and one that is over are said where they are', async t => {
    const walk = await ground(t, browser, '/account/sign-up', { VERIFY_CODE_COOLDOWN: '1' })
    const { world, page, submit, problem, shows, field, faults } = walk
    await world.register(alice)
    await submit({ ...bob, Name: 'ALICE' })
    await problem(en.errors.NameTaken)
    t.equal(await field('Name').getAttribute('aria-invalid'), 'true')
    await submit({ ...bob, Email: alice.Email })
    await problem(en.errors.EmailTaken)
    await submit(bob)
    await shows(en.code.title)
    const code = await world.codeFor(bob.Email)
    await field('VerifyCode').fill(code === '000000' ? '111111' : '000000')
    await problem(en.errors.CodeWrong)
    await page.locator('[name=VerifyCode]:focus').waitFor()
    t.equal(await field('VerifyCode').inputValue(), '', 'to be typed anew')
    t.strictSame(await violations(walk), [])
    await picture(walk, 'en-phone-code-wrong')
    await world.pass(301_000)
    await field('VerifyCode').fill(code)
    await problem(en.errors.CodeExpired)
    await page.getByRole('button', { name: en.code.again, exact: true }).click()
    await walk.notice(en.code.resent)
    await field('VerifyCode').fill(await world.codeFor(bob.Email))
    await shows(en.profile.title)
    t.strictSame(unexpected(faults), [])
  })

  await t.test('a reload in the middle of a sign-up asks for the password again, which is kept nowhere, and nothing else is lost', async t => {
    const walk = await ground(t, browser, '/account/sign-up')
    const { world, page, submit, shows, field, faults } = walk
    await submit(bob)
    await shows(en.code.title)
    const kept = String(await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, location.href, history.state])'))
    t.match(kept, bob.Email)
    for (const secret of [PASSWORD, digest(PASSWORD)]) t.notMatch(kept, secret)
    await page.reload()
    await shows(en.code.title)
    await page.getByText(en.code.reloaded).waitFor()
    t.match(await page.locator('.again').innerText(), /Send again in \d+ s/, 'the wait goes on')
    await picture(walk, 'en-phone-code-reloaded')
    t.strictSame(await violations(walk), [])
    await field('VerifyCode').fill(await world.codeFor(bob.Email))
    // It moves on to the password.
    await page.locator('[name=Password]:focus').waitFor()
    await submit({ Password: PASSWORD })
    await shows(en.profile.title)
    t.strictSame(faults, [])
  })

  await t.test('who is to wait sees for how long', async t => {
    const { world, page, submit, problem, faults, shows } = await ground(t, browser, '/account/forgot')
    await world.register(alice)
    await submit({ Email: alice.Email })
    await shows(en.reset.title)
    t.match(await page.locator('.again').innerText(), /Send again in [1-6]?\d s/)
    await page.goBack()
    await submit({ Email: alice.Email })
    await problem(/Too many tries\. Please try again in \d+ seconds\./)
    const seconds = async (): Promise<number> => Number(/in (\d+) seconds/.exec(await page.locator('.alert [aria-hidden]').innerText())?.[1])
    const before = await seconds()
    while (await seconds() >= before) await page.waitForTimeout(100)
    t.ok(before > 1, 'it runs down')
    t.strictSame(unexpected(faults), [])
  })

  await t.test('a proof of work is told of while it is worked out, and nothing on the page moves for it', async t => {
    const { world, page, field, submit, shows, faults } = await ground(t, browser, '/account/login', CAPTCHA)
    await world.register(alice)
    await failOften(world)
    const place = () => page.locator('form').boundingBox()
    // It is under way until it is let go on.
    await page.evaluate('{ const derive = crypto.subtle.deriveBits.bind(crypto.subtle); const held = new Promise(resolve => { release = resolve }); crypto.subtle.deriveBits = async (...given) => { await held; return derive(...given) } }')
    await field('Email').fill(alice.Email)
    const before = await place()
    await submit({ Password: PASSWORD })
    const said = page.getByRole('status').getByText(en.solving)
    await said.waitFor()
    t.strictSame(await place(), before)
    const at = await said.boundingBox()
    t.ok(at !== null && at.y >= 0 && at.y + at.height <= devices.phone.height, 'it is seen')
    await page.evaluate('release()')
    await shows(en.profile.title)
    t.equal(await said.count(), 0)
    t.strictSame(unexpected(faults), [])
  })

  await t.test('a common password is refused where it is typed, in the words of the page', async t => {
    const { submit, problem, field, faults } = await ground(t, browser, '/account/sign-up', { PASSWORD_DENYLIST: 'on' })
    await submit({ ...bob, Password: 'password123' })
    await problem(en.checks.common)
    t.equal(await field('Password').getAttribute('aria-invalid'), 'true')
    t.strictSame(unexpected(faults), [])
  })

  await t.test('a server that is away, or a network that is, is said so, and nothing that was typed is lost', async t => {
    const { world, page, submit, problem, field, faults } = await ground(t, browser, '/account/login')
    await page.context().setOffline(true)
    await page.getByText(en.offline).waitFor()
    await submit({ Email: alice.Email, Password: PASSWORD })
    await problem(en.errors.Offline)
    await page.context().setOffline(false)
    await world.app.close()
    await submit({})
    await problem(en.errors.Unreachable)
    t.equal(await field('Email').inputValue(), alice.Email)
    t.strictSame(unexpected(faults), [])
  })

  await t.test('a logout in one tab is one in all, and an ended session is said to have ended', async t => {
    const walk = await ground(t, browser, '/account/login')
    const { world, page, submit, shows, origin } = walk
    await world.register(alice)
    await submit({ Email: alice.Email, Password: PASSWORD })
    await shows(en.profile.title)
    const other = await page.context().newPage()
    await other.goto(`${origin}/account/profile`)
    await other.getByText(alice.Email).waitFor()
    await page.getByRole('button', { name: en.profile.logout, exact: true }).click()
    await shows(en.login.title)
    await other.locator('h1', { hasText: en.login.title }).waitFor()
    await other.getByText(en.profile.over).waitFor()

    await submit({ Email: alice.Email, Password: PASSWORD })
    await shows(en.profile.title)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    await world.post('/Auth/UpdatePassword', { ...alice, Name: undefined, VerifyCode: await world.codeFor(alice.Email) })
    await page.getByRole('link', { name: en.profile.password }).click()
    await submit({ OldPassword: PASSWORD, NewPassword: 'another good password' })
    await shows(en.login.title)
    await walk.notice(en.profile.over)
    await submit({ Email: alice.Email, Password: PASSWORD })
    await shows(en.password.title)
    t.equal(walk.at(), '/account/password', 'back where the person was')
  })

  await t.test('who logs in as somebody else in another tab is shown nothing more of the one before', async t => {
    const walk = await ground(t, browser, '/account/login')
    const { world, page, submit, shows, origin, faults } = walk
    const carol = { Name: 'Carol', Email: 'carol@example.com', Password: alice.Password }
    await world.register(alice)
    await world.register(carol)
    await submit({ Email: alice.Email, Password: PASSWORD })
    await shows(en.profile.title)
    await page.getByText(alice.Email).waitFor()
    const { body: { Token } } = await world.post('/Auth/Login', { Email: carol.Email, Password: carol.Password })
    const other = await page.context().newPage()
    await other.goto(`${origin}/account/forgot`)
    await other.evaluate(`localStorage.setItem('dream-auth', ${JSON.stringify(Token)})`)
    await page.getByText(carol.Email).waitFor()
    t.equal(await page.getByText(alice.Email).count(), 0)

    // Kept by the browser while the person was elsewhere, and shown again: it has heard of nothing.
    await page.evaluate('localStorage.removeItem(\'dream-auth\'); dispatchEvent(new PageTransitionEvent(\'pageshow\', { persisted: true }))')
    await shows(en.login.title)
    t.equal(await page.getByText(carol.Email).count(), 0)
    t.strictSame(faults, [])
  })

  await t.test('rubbish in the storage is as nobody logged in', async t => {
    const { world, page, submit, shows, origin, faults } = await ground(t, browser, '/account/forgot')
    await world.register(alice)
    await page.evaluate('localStorage.setItem(\'dream-auth\', \'记梦\'); localStorage.setItem(\'dream.language\', \'{\'); for (const flow of [\'sign-up\', \'reset\', \'email\']) sessionStorage.setItem(\'dream.\' + flow, \'{"Email":1}\')')
    await page.goto(`${origin}/account/profile`)
    await shows(en.login.title)
    await submit({ Email: alice.Email, Password: 'x'.repeat(129) })
    await page.getByText(en.checks.long).waitFor()
    await submit({ Password: PASSWORD })
    await shows(en.profile.title)
    t.strictSame(faults, [])
  })

  await t.test('a clock that was put back makes nobody wait for hours', async t => {
    const { page, origin, shows } = await ground(t, browser, '/account/forgot')
    await page.evaluate('sessionStorage.setItem(\'dream.reset\', JSON.stringify({ Email: \'alice@example.com\', sentAt: Date.now() + 86_400_000 }))')
    await page.goto(`${origin}/account/reset`)
    await shows(en.reset.title)
    t.match(await page.locator('.again').innerText(), /Send again in [1-6]?\d s/)
  })

  await t.test('the keyboard alone signs up, and every view begins at its heading', async t => {
    const walk = await ground(t, browser, '/account/login')
    const { world, page, shows, faults } = walk
    const focused = async (): Promise<string> => String(await page.evaluate('(document.activeElement.getAttribute("name") ?? document.activeElement.textContent)'))
    const tabTo = async (what: string): Promise<void> => {
      for (let i = 0; i < 15 && await focused() !== what; i++) await page.keyboard.press('Tab')
      t.equal(await focused(), what)
    }
    await shows(en.login.title)
    await page.keyboard.press('Tab')
    t.equal(await focused(), en.skip)
    await page.keyboard.press('Enter')
    t.equal(await focused(), en.login.title)
    await tabTo(en.login.signUp)
    await page.keyboard.press('Enter')
    await shows(en.signUp.title)
    await page.locator('h1:focus', { hasText: en.signUp.title }).waitFor()
    for (const [name, value] of Object.entries(bob)) {
      await tabTo(name)
      await page.keyboard.type(value)
    }
    await page.keyboard.press('Enter')
    await shows(en.code.title)
    await page.locator('h1:focus', { hasText: en.code.title }).waitFor()
    await tabTo('VerifyCode')
    await page.keyboard.type(await world.codeFor(bob.Email))
    await shows(en.profile.title)
    await page.locator('h1:focus', { hasText: en.profile.title }).waitFor()
    await tabTo(en.profile.email)
    await page.keyboard.press('Enter')
    await shows(en.email.title)
    await page.goBack()
    await shows(en.profile.title)
    await page.goForward()
    await shows(en.email.title)
    t.strictSame(faults, [])
  })

  await t.test('the language is that of the address, then that chosen, then the browser\'s', async t => {
    const { page, shows, origin, faults } = await ground(t, browser, '/account/login?lang=zh')
    await shows(zh.login.title)
    await page.goto(`${origin}/account/login`)
    await shows(zh.login.title)
    await page.getByRole('button', { name: 'English' }).click()
    await shows(en.login.title)
    await page.locator('html[lang=en]').waitFor()
    await page.reload()
    await shows(en.login.title)
    t.strictSame(faults, [])
  })

  await t.test('the smallest phone shows everything', async t => {
    const { page, shows, faults, world, origin } = await ground(t, browser, '/account/sign-up')
    await world.register({ ...alice, Name: '梦'.repeat(50), Email: `${'a'.repeat(80)}@example.com` })
    await page.setViewportSize({ width: 320, height: 568 })
    for (const view of ['login', 'sign-up', 'forgot']) {
      await page.goto(`${origin}/account/${view}`)
      await page.locator('h1').waitFor()
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, view)
    }
    await page.goto(`${origin}/account/login`)
    await page.locator('form [name=Email]').fill(`${'a'.repeat(80)}@example.com`)
    await page.locator('form [name=Password]').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await shows(en.profile.title)
    await page.getByText('梦'.repeat(50)).waitFor()
    t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, 'profile')
    t.strictSame(faults, [])
  })
})
