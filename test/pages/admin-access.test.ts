import t from 'tap'
import { en as texts } from '../../pages/texts/en.ts'
import { modes } from '../helper.ts'
import { picture, violations, visit } from '../support/account-pages.ts'
import { enter, insert, scene, words } from '../support/admin-page.ts'
import { member } from '../support/administrators.ts'
import { launch, noBrowser } from '../support/browser.ts'

const say = words.en
const english = { locale: 'en-GB', viewport: { width: 1280, height: 900 } }
const HOSTILE = ['<img src=x onerror=alert(1)>', '"><script>alert(2)</script>', '{{constructor.constructor("alert(3)")()}}', 'שלום <b>עולם</b>', '界'.repeat(50)]

for (const mode of modes) {
  t.test(`${mode}: who may see the administration`, { skip: noBrowser }, async t => {
    const browser = await launch()
    const { world, origin, admin } = await scene(t, mode)
    await insert(world, [
      ...HOSTILE.map((name, i) => ({ name, email: `hostile${i}@example.com` })),
      ...Array.from({ length: 1_005 }, (_, i) => ({ name: `Person ${i}`, email: `person${i}@example.com` }))
    ])

    await t.test('whoever is no super administrator is told so, at every address, and sees nothing', async t => {
      await member(world, 'Mallory')
      const visited = await enter(t, browser, `${origin}/account/admin`, 'Mallory', english)
      const { page } = visited
      for (const path of ['admin', 'admin/users', `admin/users/${admin.id}`, 'admin/events']) {
        await page.goto(`${origin}/account/${path}`)
        await page.getByRole('heading', { name: say.noAccess.title }).waitFor()
        t.notMatch(await page.locator('body').innerText(), /root@|person\d|hostile/i, path)
      }
      if (mode === 'embedded') {
        t.strictSame(await violations(visited), [])
        await picture(visited, 'admin-no-access')
      }
    })

    await t.test('whoever ceases to be one loses what is shown with the next step', async t => {
      const second = await member(world, 'Second')
      await admin.patch(`/Admin/Users/${second.id}`, { Role: 'super_admin' })
      const { page } = await enter(t, browser, `${origin}/account/admin/users`, 'Second', english)
      await page.getByText(say.page(1, 50)).waitFor()
      await admin.patch(`/Admin/Users/${second.id}`, { Role: 'user' })
      await page.getByRole('button', { name: say.next }).click()
      await page.getByRole('heading', { name: say.noAccess.title }).waitFor()
      t.notMatch(await page.locator('body').innerText(), /root@|person\d/)
    })

    const root = await enter(t, browser, `${origin}/account/admin`, 'Root', english)
    const { page, faults } = root
    await page.getByText(say.page(1, 50)).waitFor()

    await t.test('names are text, whatever stands in them', async t => {
      await page.goto(`${origin}/account/admin/users`)
      await page.getByLabel(say.list.search).fill('hostile')
      await page.getByRole('button', { name: say.search }).click()
      await page.getByText(say.page(1, HOSTILE.length)).waitFor()
      t.strictSame(await page.locator('.users a bdi').allInnerTexts(), HOSTILE)
      t.equal(await page.locator('main img, main script, main b').count(), 0)
      t.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
      if (mode === 'embedded') await picture(root, 'admin-hostile')
      await page.getByRole('link', { name: HOSTILE[0] ?? '' }).click()
      await page.locator('dl').getByText(HOSTILE[0] ?? '').waitFor()
      await page.goBack()
      await page.getByText(say.page(1, HOSTILE.length)).waitFor()

      await page.getByLabel(say.list.search).fill('person')
      await page.getByRole('button', { name: say.search }).click()
      await page.getByText(say.list.incomplete).waitFor()
      t.strictSame(faults, [])
    })

    await t.test('an account or a page that is not there is said to be so', async () => {
      await page.goto(`${origin}/account/admin/users/4000000000`)
      await page.getByText(say.user.gone).waitFor()
      await page.goto(`${origin}/account/admin/nothing`)
      await page.getByRole('heading', { name: 'No such page' }).waitFor()
    })

    await t.test('other pages do not load it', async t => {
      const { page } = await visit(t, browser, `${origin}/account/login`, english)
      await page.locator('input[type=email]').waitFor()
      const scripts = await page.evaluate<string[]>('performance.getEntriesByType("resource").map(({ name }) => name).filter(name => name.endsWith(".js"))')
      t.ok(scripts.length > 0)
      t.strictSame(scripts.filter(name => /admin/.test(name)), [])
    })

    await t.test('after an update of the service, the part that is gone is asked for anew', async t => {
      const { page } = await visit(t, browser, `${origin}/account/login`, english)
      const answer = await page.request.get(`${origin}/account/assets/admin-GONE1234.js`)
      t.match({ status: answer.status(), ...answer.headers() }, { status: 404, 'cache-control': 'no-store' })
      // Gone until the document is another, which names other files.
      let gone = true
      await page.route('**/assets/admin-*.js', route => gone ? route.fulfill({ status: 404, contentType: 'application/json', body: '{}' }) : route.continue())
      await page.route('**/account/admin', route => {
        gone = false
        return route.continue()
      })
      await page.locator('form [name=Email]').fill('root@example.com')
      await page.locator('form [name=Password]').fill('the password of Root')
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: texts.profile.administration }).click()
      await page.getByRole('button', { name: texts.retry }).waitFor()
      await page.getByRole('button', { name: texts.retry }).click()
      await page.getByText(say.page(1, 50)).waitFor()
    })

    await t.test('a server that does not answer is told, and asked again', async () => {
      await page.goto(`${origin}/account/admin/events`)
      await page.locator('.events li').first().waitFor()
      await page.context().setOffline(true)
      await page.getByLabel(say.trail.outcome).selectOption('failure')
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor()
      await page.context().setOffline(false)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('button', { name: 'Try again' }).waitFor({ state: 'detached' })
      await page.getByText(say.none).or(page.locator('.events li').first()).first().waitFor()
    })
  })
}
