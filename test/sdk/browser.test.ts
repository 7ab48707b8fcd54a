import { gzipSync } from 'node:zlib'
import { build as bundle } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { root } from '../../src/root.ts'
import { build, modes } from '../helper.ts'
import { launch, noBrowser } from '../support/browser.ts'
import { gate, listen, pretend } from './service.ts'
import { alice } from './signed-in.ts'

/** Answers of the service stand in for pages, and as such may load nothing. */
const AS_A_PAGE = { bypassCSP: true }
const login = `auth.login(${JSON.stringify(alice)})`

const { outputFiles } = await bundle({
  entryPoints: [new URL('sdk/src/index.ts', root).pathname], bundle: true, minify: true, format: 'esm', target: 'es2022', mainFields: ['module', 'main'], write: false, logLevel: 'warning'
})
const script = outputFiles[0]?.text ?? ''

t.test('the client with all it needs is small: SM3 comes without the rest of its package', async t => {
  const bytes = gzipSync(script, { level: 9 }).length
  t.comment(`${script.length} bytes, ${bytes} compressed`)
  t.ok(bytes < 10_000, `${bytes} bytes compressed`)
})

t.test('in Chromium', { skip: noBrowser }, async t => {
  const browser = await launch()

  /** A page of the origin with a client of the service: `auth`, and `changes`, what it told. */
  async function open (context: BrowserContext, origin: string, baseUrl: string): Promise<Page> {
    const page = await context.newPage()
    await page.route(`${origin}/client.js`, route => route.fulfill({ contentType: 'text/javascript', body: script }))
    await page.goto(`${origin}/health/live`)
    await page.evaluate(`(async () => {
      const { createDreamAuth, localStore } = await import('/client.js')
      Object.assign(window, { passed: 0, changes: [] })
      window.auth = createDreamAuth({ baseUrl: '${baseUrl}', store: localStore(), language: 'en', now: () => Date.now() + window.passed })
      auth.onChange(signedIn => { changes.push(signedIn) })
    })()`)
    return page
  }

  for (const mode of modes) {
    t.test(`${mode}: a page of another origin that may ask logs in with a digest, and reads results and failures`, async t => {
      // Of servers of their own, as a browser asks who may reach a machine's own addresses.
      const [app, stranger] = [await pretend(t, (_, response) => response.end()), await pretend(t, (_, response) => response.end())]
      const world = await build(t, mode, { CORS_ORIGIN: app })
      const baseUrl = await listen(world)
      await world.register(alice)
      const context = await browser.newContext(AS_A_PAGE)
      const page = await open(context, app, baseUrl)
      const bodies: string[] = []
      page.on('request', request => { bodies.push(request.postData() ?? '') })
      t.match(await page.evaluate('auth.login({ Email: "alice@example.com", Password: "wrong" })'), { ok: false, error: 'LoginFailed' })
      t.match(await page.evaluate(login), { ok: true, UserID: 1, Msg: 'Success' })
      t.match(await page.evaluate('auth.listSessions()'), { ok: true, Sessions: [{ Current: true }] })
      t.notMatch(bodies.join(), 'correct horse')
      t.match(await (await open(context, stranger, baseUrl)).evaluate(login), { ok: false, error: 'Unreachable' }, 'an origin that may not')
      await context.close()
    })

    t.test(`${mode}: tabs of one origin share the token: one signs all in and out, and of all one refreshes`, async t => {
      const world = await build(t, mode, { JWT_EXPIRES_IN: '2h' })
      const origin = await listen(world)
      await world.register(alice)
      const context = await browser.newContext(AS_A_PAGE)
      const one = await open(context, origin, '')
      const other = await open(context, origin, '')
      const told = (page: Page, changes: boolean[]): Promise<unknown> => page.waitForFunction(`JSON.stringify(changes) === '${JSON.stringify(changes)}'`)

      t.match(await one.evaluate(login), { ok: true })
      await Promise.all([told(one, [true]), told(other, [true])])
      t.equal(await other.evaluate('auth.signedIn()'), true)

      await world.pass(1.1 * 3_600_000)
      const [asked, released] = [gate(), gate()]
      let refreshes = 0
      await context.route('**/Auth/Refresh', async route => {
        refreshes++
        asked.open()
        await released.opened
        await route.continue()
      })
      const due = 'passed = 1.1 * 3_600_000; auth.checkToken()'
      const first = one.evaluate(due)
      await asked.opened
      const second = other.evaluate(due)
      await other.waitForFunction('navigator.locks.query().then(({ pending }) => pending.length === 1)')
      released.open()
      t.match(await first, { ok: true })
      t.match(await second, { ok: true })
      t.equal(refreshes, 1)

      t.match(await other.evaluate('auth.logout()'), { ok: true })
      await Promise.all([told(one, [true, false]), told(other, [true, false])])
      t.equal(await one.evaluate('auth.signedIn()'), false)

      t.match(await one.evaluate(login), { ok: true })
      await told(other, [true, false, true])
      t.equal(await other.evaluate('auth.signedIn()'), true)
      await one.evaluate('localStorage.clear()')
      await told(other, [true, false, true, false])
      await context.close()
    })
  }

  t.test('where a browser keeps nothing, the token is kept in memory', async t => {
    const world = await build(t, 'embedded')
    const origin = await listen(world)
    await world.register(alice)
    const context = await browser.newContext(AS_A_PAGE)
    await context.addInitScript({ content: 'Object.defineProperty(window, "localStorage", { get () { throw new DOMException("denied", "SecurityError") } })' })
    const page = await open(context, origin, '')
    t.match(await page.evaluate(login), { ok: true })
    t.match(await page.evaluate('auth.checkToken()'), { ok: true })
    t.match(await page.evaluate('auth.logout()'), { ok: true })
    t.equal(await page.evaluate('auth.signedIn()'), false)
    await context.close()
  })
})
