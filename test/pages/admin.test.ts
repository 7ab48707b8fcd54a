import type { Page } from 'playwright-core'
import t from 'tap'
import { bearer, modes } from '../helper.ts'
import { devices, locales, picture, violations } from '../support/account-pages.ts'
import { enter, insert, scene, words, type Language } from '../support/admin-page.ts'
import { member } from '../support/administrators.ts'
import { launch, noBrowser } from '../support/browser.ts'

const languages = ['zh', 'en'] as const

/** Does something to the account that is shown, and waits until the page says so. */
async function act (page: Page, title: string, done: string, confirmed = true): Promise<void> {
  await page.getByRole('button', { name: title, exact: true }).click()
  if (confirmed) await page.getByRole('dialog').getByRole('button', { name: title }).click()
  await page.getByRole('status').getByText(done).waitFor()
}

for (const mode of modes) {
  t.test(`${mode}: the administration`, { skip: noBrowser }, async t => {
    const browser = await launch()
    const { world, origin, admin } = await scene(t, mode)
    await insert(world, Array.from({ length: 60 }, (_, i) => ({ name: `Person ${i}`, email: `person${i}@example.com` })))

    for (const language of languages) {
      for (const [device, viewport] of Object.entries(devices)) {
        // Each language and each screen once in server mode.
        if (mode === 'server' && (language === 'zh') !== (device === 'phone')) continue
        await t.test(`${language}, ${device}: finds an account, does to it all that can be done, and sees what happened`, async t => {
          const say = words[language]
          const name = `Victim${language}${device}`
          const victim = await member(world, name)
          const status = async (token: string): Promise<number> => (await world.get('/CheckJWTToken', bearer(token))).status
          // Events are stored in the background, and the page is not to be quicker.
          await world.app.events.flush()
          const visited = await enter(t, browser, `${origin}/account/admin/users/${victim.id}`, 'Root', { viewport, locale: locales[language] })
          const { page, faults } = visited
          // The page is the same in either mode: looked at in one.
          const look = async (view: string): Promise<void> => {
            if (mode !== 'embedded') return
            if (device === 'phone') t.strictSame(await violations(visited), [], `axe finds nothing: ${view}`)
            t.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `nothing is cut off at the side: ${view}`)
            await picture(visited, `admin-${view}-${language}-${device}`)
          }

          // One account
          await page.locator('dl').getByText(victim.Email).waitFor()
          await page.getByText(say.types.verify).waitFor()
          t.equal(await page.locator('.sessions li').count(), 1)
          await look('user')
          await page.getByRole('button', { name: say.user.disable }).click()
          await page.getByRole('dialog').waitFor()
          await page.locator('dialog :focus').waitFor()
          await page.keyboard.press('Escape')
          await page.getByRole('dialog').waitFor({ state: 'detached' })
          // The focus is back where it was.
          await page.locator('button:focus', { hasText: say.user.disable }).waitFor()
          t.equal(await status(victim.token), 200, 'nothing was done')
          await act(page, say.user.disable, say.user.disabled)
          await page.locator('dl').getByText(say.list.disabled).waitFor()
          t.equal(await status(victim.token), 401)
          // The way back has the focus.
          await page.locator('button:focus', { hasText: say.user.enable }).waitFor()
          await act(page, say.user.enable, say.user.enabled, false)
          await act(page, say.user.grant, say.user.granted)
          await page.locator('dl').getByText(say.roles.super_admin).waitFor()
          await act(page, say.user.take, say.user.taken)
          const again = await world.login(victim)
          await act(page, say.user.revoke, say.user.revoked)
          t.equal(await status(again), 401)
          await page.getByText(say.user.noSessions).waitFor()

          // Its end
          await page.getByRole('button', { name: say.user.delete, exact: true }).click()
          const dialog = page.getByRole('dialog')
          await dialog.getByLabel(say.user.deleteLabel).fill('somebody@example.com')
          await dialog.getByRole('button', { name: say.user.delete }).click()
          await dialog.getByText(say.user.deleteWrong).waitFor()
          await look('delete')
          t.match(await admin.get(`/Admin/Users/${victim.id}`), { body: { Code: 200 } }, 'nothing was deleted')
          await dialog.getByLabel(say.user.deleteLabel).fill(victim.Email.toUpperCase())
          await dialog.getByRole('button', { name: say.user.delete }).click()
          await page.getByText(say.user.deleted(victim.Email)).waitFor()
          t.equal(new URL(page.url()).pathname, '/account/admin/users')
          t.match(await admin.get(`/Admin/Users/${victim.id}`), { body: { Code: 503 } })

          // All accounts
          await page.getByText(say.page(1, 50)).waitFor()
          await look('users')
          await page.getByRole('button', { name: say.next }).click()
          await page.getByText(say.page(2, 11)).waitFor()
          await page.getByRole('button', { name: say.previous }).click()
          await page.getByText(say.page(1, 50)).waitFor()
          await page.getByLabel(say.list.search).fill('person5')
          await page.getByRole('button', { name: say.search }).click()
          await page.getByText(say.page(1, 11)).waitFor()
          await page.reload()
          await page.getByText(say.page(1, 11)).waitFor()
          await page.getByLabel(say.list.state).selectOption('true')
          await page.getByText(say.none).waitFor()
          await page.getByLabel(say.list.state).selectOption('')
          await page.getByLabel(say.list.search).fill('')
          await page.getByLabel(say.list.role).selectOption('super_admin')
          await page.getByText(say.page(1, 1)).waitFor()

          // The last super administrator
          await page.getByRole('link', { name: 'Root' }).click()
          await page.getByRole('button', { name: say.user.take }).click()
          await page.getByRole('dialog').getByRole('button', { name: say.user.take }).click()
          await page.getByRole('alert').getByText(say.user.last).waitFor()
          await page.goBack()
          await page.getByText(say.page(1, 1)).waitFor()

          await world.app.events.flush()
          await trail(page, language, admin.id)
          await look('events')
          t.strictSame(faults.filter(fault => !/\b403\b/.test(fault)), [])
          t.equal(faults.length, 2, 'the one refusal, twice told')
        })
      }
    }
  })
}

/** Looks things up in the audit trail. */
async function trail (page: Page, language: Language, id: number): Promise<void> {
  const say = words[language]
  await page.getByRole('link', { name: say.events, exact: true }).click()
  await page.locator('.events li').first().waitFor()
  await page.getByLabel(say.trail.type).selectOption('role_change')
  await page.getByLabel(say.trail.outcome).selectOption('failure')
  await page.getByLabel(say.trail.userId).fill(String(id))
  await page.getByRole('button', { name: say.search }).click()
  await page.locator('.events li').getByText(say.reasons.Forbidden).first().waitFor()
  await page.getByLabel(say.trail.until).fill('2020-01-01T00:00')
  await page.getByRole('button', { name: say.search }).click()
  await page.getByText(say.none).waitFor()
  await page.getByRole('button', { name: say.clear }).click()
  await page.locator('.events li').nth(5).waitFor()
  await page.getByLabel(say.trail.userId).fill('nobody')
  await page.getByRole('button', { name: say.search }).click()
  await page.getByText(say.trail.userIdWrong).waitFor()
}
