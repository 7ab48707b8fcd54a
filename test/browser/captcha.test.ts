import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import t, { type Test } from 'tap'
import { build, digest, file, type World } from '../helper.ts'
import { launch, noBrowser, open } from '../support/browser.ts'
import { CAPTCHA, failOften } from '../support/captcha.ts'
import { root } from '../../src/root.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const widget = file('node_modules/altcha/dist/main/altcha.min.js')

/** What a page does: logs in, solves what it is asked, and logs in with that. `solution` is made in the page by the function of this name. */
const logIn = (url: string, credentials: object): string => `(async () => {
  const ask = headers => fetch(${JSON.stringify(`${url}/Auth/Login`)}, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: ${JSON.stringify(JSON.stringify(credentials))}
  }).then(answer => answer.json())
  const { Code, Challenge } = await ask({})
  return [Code, (await ask({ 'x-captcha': await solution(Challenge) })).Code]
})()`

/** A page of another origin, which has both solvers. */
async function otherOrigin (t: Test): Promise<string> {
  const { outputFiles: [solver] } = await bundle({ entryPoints: [fileURLToPath(new URL('sdk/src/captcha.ts', root))], bundle: true, write: false, format: 'iife', globalName: 'sdk', minify: true })
  t.comment(`the solver of the client: ${solver?.contents.length ?? 0} bytes, minified`)
  const assets: Record<string, [type: string, text: string]> = {
    '/': ['text/html', '<!doctype html><html lang="zh"><title>x</title><link rel="icon" href="data:,"><script type="module" src="/altcha.js"></script><script src="/solver.js"></script><altcha-widget></altcha-widget>'],
    '/altcha.js': ['text/javascript', widget],
    '/solver.js': ['text/javascript', solver?.text ?? '']
  }
  const server = createServer(({ url = '' }, response) => {
    const [type, text] = assets[url] ?? ['text/plain', '']
    response.writeHead(url in assets ? 200 : 404, { 'content-type': `${type}; charset=utf-8` }).end(text)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What was found fault with, apart from what the page is there for: it asks the service, and is answered 428. */
const others = (faults: string[], service: string): string[] => faults.filter(fault => !fault.includes(service) && !/^console: .*\b428\b/.test(fault))

async function suspicious (t: Test, origin: string): Promise<{ world: World, service: string }> {
  const world = await build(t, 'embedded', { ...CAPTCHA, CORS_ORIGIN: origin, CAPTCHA_DIFFICULTY: '400000' })
  await world.register(alice)
  await failOften(world)
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  return { world, service: `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}` }
}

t.test('in a browser, on a page of another origin', { skip: noBrowser }, async t => {
  const browser = await launch()
  const origin = await otherOrigin(t)
  const { service } = await suspicious(t, origin)
  const { page, faults } = await open(t, browser, origin)

  await t.test('the widget of ALTCHA takes the challenge as it is, and what it finds is taken; it asks nobody else', async t => {
    await page.evaluate('customElements.whenDefined("altcha-widget")')
    await page.evaluate(`solution = async challenge => {
      const widget = document.querySelector('altcha-widget')
      widget.configure({ challenge, minDuration: 0 })
      const { payload } = await new Promise((resolve, reject) => {
        widget.addEventListener('verified', ({ detail }) => resolve(detail), { once: true })
        widget.addEventListener('statechange', ({ detail }) => { if (detail.state === 'error') reject(new Error('not solved')) })
        widget.verify()
      })
      return payload
    }`)
    t.strictSame(await page.evaluate(logIn(service, { Email: alice.Email, Password: alice.Password })), [428, 200])
    t.strictSame(others(faults, service), [])
  })

  await t.test('and so does the solver of the client, which tells how far it is, can be stopped, and leaves the page responsive', async t => {
    await page.evaluate('solution = challenge => sdk.solveCaptcha(challenge)')
    t.strictSame(await page.evaluate(logIn(service, { Email: alice.Email, Password: alice.Password })), [428, 200])
    const unsolvable = { parameters: { algorithm: 'PBKDF2/SHA-256', cost: 1000, expiresAt: 0, keyLength: 32, keyPrefix: '0'.repeat(32), keySignature: '', nonce: '00', salt: '00' }, signature: '' }
    const stopped = `(async () => {
      const stop = new AbortController()
      const told = new Promise(resolve => { sdk.solveCaptcha(${JSON.stringify(unsolvable)}, { signal: stop.signal, onProgress: resolve }).catch(error => { ended = error.name }) })
      const tries = await told
      // Would never come, were the page held up.
      for (let frames = 0; frames < 5; frames++) await new Promise(requestAnimationFrame)
      stop.abort()
      while (globalThis.ended === undefined) await new Promise(resolve => setTimeout(resolve, 5))
      return [tries > 0, ended]
    })()`
    t.strictSame(await page.evaluate(stopped), [true, 'AbortError'])
    t.strictSame(others(faults, service), [])
  })
})
