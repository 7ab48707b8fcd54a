import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import t from 'tap'
import { SAMPLE_CODE, samplesOf, type Sample } from '../../src/mail/samples.ts'
import { root } from '../../src/root.ts'
import { build } from '../helper.ts'
import { axe } from '../support/axe.ts'
import { launch, noBrowser, open } from '../support/browser.ts'
import { mails } from '../support/mails.ts'
import { emptyFolder } from '../support/program.ts'

const folder = fileURLToPath(new URL('.artefacts/mail/', root))
const widths = [320, 640]
const schemes = ['light', 'dark'] as const

// A mail stands within the page of a webmail, which has the landmarks.
const RULES = { rules: { region: { enabled: false }, 'landmark-one-main': { enabled: false } } }

/** What is left of a mail where a mail program takes things away. */
const strippers: Record<string, (html: string) => string> = {
  'without style sheets and classes, as some webmails show it': html => html.replace(/<style>[^]*?<\/style>/g, '').replace(/ class="[^"]*"/g, ''),
  'as Word reads it, in Outlook': html => html.replaceAll('mso-hide:all', 'visibility:hidden').replace(/<!--\[if mso\]>([^]*?)<!\[endif\]-->/g, '$1').replace(/<xml>[^]*?<\/xml>/g, '')
    .replace(/<style>:root[^]*?<\/style>/g, '').replace(/(max-width|border-radius|overflow|display|opacity|white-space|max-height):[^;"]*;?/g, '')
}

/** Faults of the mail as it is shown now. */
async function faultsOf (page: Page, { name, mail }: Sample, rules: object | 'colours' | 'none' = RULES): Promise<string[]> {
  const faults: string[] = []
  if (await page.evaluate('document.documentElement.scrollWidth > window.innerWidth')) faults.push('something is cut off at the side')
  const shown = await page.locator('body').innerText()
  for (const line of mail.text.split('\n').filter(line => line !== '' && !line.startsWith('—'))) if (!shown.includes(line)) faults.push(`not shown: ${line}`)
  if (name.startsWith('code-') && !await page.getByText(SAMPLE_CODE, { exact: true }).isVisible()) faults.push('the code cannot be seen')
  return rules === 'none' ? faults : [...faults, ...await axe(page, rules)]
}

t.test('every mail in Chromium', { skip: noBrowser }, async t => {
  mkdirSync(folder, { recursive: true })
  const samples = samplesOf(mails({ BRAND_URL: 'https://dream.example/' }))
  const browser = await launch()
  for (const colorScheme of schemes) {
    for (const width of widths) {
      await t.test(`${width} pixels wide, ${colorScheme}: nothing is cut off, the code can be seen, and axe finds nothing`, async t => {
        const page = await browser.newPage({ viewport: { width, height: 640 }, colorScheme })
        for (const sample of samples) {
          const name = `${sample.language}-${sample.name}-${width}-${colorScheme}`
          await page.setContent(sample.mail.html)
          await page.screenshot({ path: `${folder}${name}.png`, fullPage: true })
          // What axe looks at does not change with the width, and with the scheme its colours alone.
          t.strictSame(await faultsOf(page, sample, width !== 320 ? 'none' : colorScheme === 'dark' ? 'colours' : RULES), [], name)
        }
        await page.close()
      })
    }
    for (const [what, strip] of Object.entries(strippers)) {
      await t.test(`${what}, ${colorScheme}: it can still be read`, async t => {
        const page = await browser.newPage({ viewport: { width: 640, height: 640 }, colorScheme })
        for (const sample of samples.filter(({ name }) => name === 'code-sign' || name === 'notice-email-changed')) {
          const name = `${what.split(' ')[0]}-${sample.language}-${sample.name}-${colorScheme}`
          await page.setContent(strip(sample.mail.html))
          await page.screenshot({ path: `${folder}${name}.png`, fullPage: true })
          t.strictSame(await faultsOf(page, sample), [], name)
        }
        await page.close()
      })
    }
  }

  await t.test('a double click on the code takes hold of it, and of nothing else', async t => {
    const page = await browser.newPage()
    for (const { mail } of samples.filter(({ name }) => name.startsWith('code-'))) {
      await page.setContent(mail.html)
      await page.getByText(SAMPLE_CODE, { exact: true }).dblclick()
      t.equal(String(await page.evaluate('getSelection().toString()')).trim(), SAMPLE_CODE)
    }
  })

  await t.test('whatever the colour of a brand, it can be read', async t => {
    const page = await browser.newPage({ viewport: { width: 320, height: 640 } })
    for (const BRAND_COLOR of ['#ffee00', '#000000', '#808080']) {
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme })
        for (const sample of samplesOf(mails({ BRAND_COLOR, BRAND_NAME: '一'.repeat(40), BRAND_URL: `https://dream.example/${'x'.repeat(150)}` })).slice(0, 1)) {
          await page.setContent(sample.mail.html)
          t.strictSame(await faultsOf(page, sample), [], `${BRAND_COLOR} ${colorScheme}`)
        }
      }
    }
  })

  await t.test('the previews: each mail of a language, at both widths, by day and night, as text and with its headers; a template under the pen is shown as it is saved', async t => {
    const folder = emptyFolder(t)
    const world = await build(t, 'embedded', { EMAIL_TEMPLATES_DIR: folder, EMAIL_SMTP_SERVER: '' })
    await world.app.listen({ host: '127.0.0.1', port: 0 })
    const { page, faults } = await open(t, browser, `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}/dev/mailbox`, { viewport: { width: 390, height: 844 }, colorScheme: null })
    await page.getByRole('link', { name: 'Templates' }).click()
    const choose = (name: string): Promise<void> => page.getByText(name, { exact: true }).click()
    const first = page.frameLocator('iframe >> nth=0')
    await first.getByText('048213').last().waitFor()
    t.equal(await page.locator('article').count(), 8)
    const night = 'getComputedStyle(document.body).backgroundColor'
    t.equal(await first.locator('body').evaluate(night), 'rgb(241, 240, 247)')
    await choose('深色 Dark')
    await first.getByText('048213').last().waitFor()
    t.equal(await first.locator('body').evaluate(night), 'rgb(23, 21, 31)')
    await choose('电脑 Desktop')
    t.equal(await page.locator('iframe').first().getAttribute('width'), '640')
    await choose('English')
    await page.getByText('Your Dream sign-up code: 048213').waitFor()
    await choose('纯文本 Text')
    await page.getByText('Welcome to Dream!').waitFor()
    await choose('邮件头 Headers')
    await page.getByText('Auto-Submitted: auto-generated').first().waitFor()
    await page.screenshot({ path: join(fileURLToPath(new URL('.artefacts/mail/', root)), 'previews-phone.png') })

    mkdirSync(join(folder, 'en'))
    writeFileSync(join(folder, 'en/code-sign.txt'), 'Subject: Own {{cod}}\n\nHi\n\n{{code}}\n')
    await page.getByText('en/code-sign.txt: line 1: {{cod}} is unknown here').waitFor()
    t.equal(await page.locator('article').count(), 8, 'what was there stays')
    writeFileSync(join(folder, 'en/code-sign.txt'), 'Subject: Own {{code}}\n\nHi\n\n{{code}}\n')
    await page.getByRole('heading', { name: 'Own 048213' }).waitFor()
    t.equal(await page.locator('#fault').isVisible(), false)
    rmSync(join(folder, 'en/code-sign.txt'))
    await page.reload()
    await page.getByText('Auto-Submitted: auto-generated').first().waitFor()
    t.equal(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), true)
    t.strictSame(faults, [])
  })
})
