import { readFileSync } from 'node:fs'
import t from 'tap'
import { en } from '../../pages/texts/en.ts'
import { zh } from '../../pages/texts/zh.ts'
import { build, modes } from '../helper.ts'
import { devices, locales, picture, serve, visit, violations, type Locale } from '../support/account-pages.ts'
import { launch, noBrowser } from '../support/browser.ts'
import { digest } from '../support/digest.ts'
import { until } from '../support/faults.ts'

const texts = { zh, en }
const widths = Object.entries(devices)

t.test('whole walks through the account pages', { skip: noBrowser }, async t => {
  const browser = await launch()
  for (const mode of modes) {
    const world = await build(t, mode, { VERIFY_CODE_COOLDOWN: '1' })
    const origin = await serve(world)
    for (const language of Object.keys(locales) as Locale[]) {
      for (const [device, viewport] of widths) {
        await t.test(`${mode}: from sign-up to deletion, in ${language} on a ${device}, with no error, no violation of the policy and no request to elsewhere`, async t => {
          const words = texts[language]
          const name = `${language}-${device}`
          const [email, later] = [`${name}@example.com`, `${name}@later.example`]
          const walk = await visit(t, browser, `${origin}/account`, { viewport, locale: locales[language], hasTouch: device === 'phone', acceptDownloads: true })
          const { page, submit, shows, notice, problem, at } = walk
          // Pictures and axe once: what is shown does not depend on where things are kept.
          const look = async (view: string): Promise<void> => {
            t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true, `${view}: nothing is cut off at the side`)
            if (mode !== 'embedded') return
            await picture(walk, `${name}-${view}`)
            if (device === 'phone') t.strictSame(await violations(walk), [], `${view}: axe finds nothing`)
          }

          await shows(words.login.title)
          await page.locator(`html[lang=${words.lang}]`).waitFor()
          t.equal(at(), '/account/login')
          t.comment(`first contentful paint after ${String(await page.evaluate('Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime)'))} ms`)
          await look('login')

          await page.getByRole('link', { name: words.login.signUp, exact: true }).click()
          await shows(words.signUp.title)
          const title = `${words.signUp.title} · ${world.config[language === 'zh' ? 'BRAND_NAME' : 'BRAND_NAME_EN']}`
          await until(async () => await page.title() === title, 10_000)
          await walk.field('Password').fill('correct horse')
          await look('sign-up')
          await submit({ Name: `梦 ${name}`, Email: ` ${email.toUpperCase()} `, Password: 'correct horse battery staple' })
          await shows(words.code.title)
          await look('code')
          const code = await world.codeFor(email)
          await walk.field('VerifyCode').fill(`${code.slice(0, 3)} ${code.slice(3)}`)
          await shows(words.profile.title)
          await notice(words.code.done)
          await page.getByText(email, { exact: true }).waitFor()
          await page.getByText(`梦 ${name}`, { exact: true }).waitFor()

          await world.post('/Auth/Login', { Email: email, Password: digest('correct horse battery staple') }, { headers: { 'user-agent': 'DreamApp/2.1 (iPhone; iOS 19)' } })
          await page.reload()
          await page.getByText('DreamApp · iPhone').waitFor()
          await look('profile')
          await page.getByRole('button', { name: words.profile.endNamed('DreamApp · iPhone') }).click()
          await notice(words.profile.ended('DreamApp · iPhone'))
          t.equal(await page.locator('.sessions li').count(), 1)

          const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: words.profile.export }).click()])
          const exported = JSON.parse(readFileSync(await download.path(), 'utf8'))
          t.match(exported, { Account: { Email: email }, Sessions: Array, Events: Array })

          await page.getByRole('link', { name: words.profile.password }).click()
          await shows(words.password.title)
          await look('password')
          await submit({ OldPassword: 'not it', NewPassword: 'another good password' })
          await problem(words.errors.PasswordWrong)
          await submit({ OldPassword: 'correct horse battery staple', NewPassword: 'another good password' })
          await notice(words.password.done)

          await page.getByRole('link', { name: words.profile.email }).click()
          await shows(words.email.title)
          await look('email')
          await submit({ Email: later, Password: 'another good password' })
          await shows(words.code.title)
          await look('email-code')
          await walk.field('VerifyCode').fill(await world.codeFor(later))
          await notice(words.email.done(later))
          await page.getByText(later, { exact: true }).first().waitFor()

          await page.getByRole('button', { name: words.profile.logout, exact: true }).click()
          await shows(words.login.title)
          await notice(words.profile.loggedOut)
          await submit({ Email: later, Password: 'not it' })
          await problem(words.errors.LoginFailed)
          await look('login-wrong')

          // The cooldown since the code for the new address.
          await world.pass(1_000)
          await page.getByRole('link', { name: words.login.forgot }).click()
          await shows(words.forgot.title)
          await look('forgot')
          await submit({ Email: later })
          await shows(words.reset.title)
          await look('reset')
          await submit({ VerifyCode: await world.codeFor(later), Password: 'third time lucky' })
          await shows(words.profile.title)
          await notice(words.reset.done)

          await page.getByRole('link', { name: words.profile.delete }).click()
          await shows(words.delete.title)
          await look('delete')
          await walk.field('Accept').check()
          await submit({ Password: 'not it' })
          await problem(words.errors.PasswordWrong)
          await submit({ Password: 'third time lucky' })
          await shows(words.login.title)
          await notice(words.delete.done)
          t.equal(await page.evaluate('localStorage.getItem("dream-auth")'), null, 'the token is gone')
          t.same(await world.rows(`SELECT UserID FROM Users WHERE Email = '${later}'`), [])
          t.strictSame(walk.faults, [])
        })
      }
    }
  }
})
