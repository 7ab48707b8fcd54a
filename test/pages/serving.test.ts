import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { build, modes } from '../helper.ts'

const VIEWS = ['/account', '/account/', '/account/login', '/account/sign-up', '/account/code', '/account/forgot', '/account/reset', '/account/profile', '/account/password', '/account/email', '/account/delete', '/account/admin', '/account/admin/users/7']
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/** The files that a document names. */
const filesOf = (html: string): string[] => [...html.matchAll(/"(\/account\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')

for (const mode of modes) {
  t.test(`${mode}: X1: every view is the same document, under a policy that lets nothing but our own files run`, async t => {
    const { get } = await build(t, mode)
    const { text, headers } = await get('/account')
    t.match(headers, { 'content-security-policy': POLICY, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'content-type': 'text/html; charset=utf-8' })
    t.notMatch(text, /<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|https?:(?!\/\/www\.w3\.org)/, 'nothing inline, nothing from elsewhere')
    for (const view of VIEWS) t.match(await get(view), { status: 200, text, headers: { 'content-security-policy': POLICY } }, view)
    t.ok(filesOf(text).length >= 2)
  })

  t.test(`${mode}: without the pages there is nothing at their addresses`, async t => {
    const { get } = await build(t, mode, { ACCOUNT_PAGES: 'false' })
    for (const path of [...VIEWS, '/account/return-to.json?ReturnTo=https://a.example']) t.match(await get(path), { status: 404, body: { Code: 404 } }, path)
  })
}

t.test('the whole page weighs less than 100 KB compressed, whichever way', async t => {
  const { get } = await build(t, 'embedded')
  for (const coding of ['br', 'gzip']) {
    const shell = (await get('/account', { headers: { 'accept-encoding': coding } })).headers
    const files = await Promise.all(filesOf((await get('/account')).text).map(path => get(path, { headers: { 'accept-encoding': coding } })))
    const bytes = [shell, ...files.map(({ headers }) => headers)].map(headers => Number(headers['content-length']))
    t.comment(`${coding}: ${bytes.join(' + ')} bytes`)
    t.ok(bytes.every(size => size > 200), 'they are there')
    t.ok(bytes.reduce((sum, size) => sum + size, 0) > 20_000, 'with all that the script imports')
    t.ok(bytes.reduce((sum, size) => sum + size, 0) < 100_000)
  }
})

t.test('the document names every file that has to be there before a view is', async t => {
  const { get } = await build(t, 'embedded')
  const named = filesOf((await get('/account')).text)
  for (const path of named.filter(path => path.endsWith('.js'))) {
    const { text } = await get(path)
    // import(…) comes later, and only where it is wanted.
    for (const [, name] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) t.ok(named.includes(`/account/assets/${name}`), `${path} imports ${name}`)
  }
})

t.test('files are kept for ever under names that change with them, and the document is asked for anew', async t => {
  const { app, get } = await build(t, 'embedded')
  const { text, headers: { etag } } = await get('/account')
  for (const path of filesOf(text)) {
    t.match(path, /-[A-Z0-9]{8}\.(js|css)$/)
    const plain = await app.inject({ url: path })
    t.match(plain.headers, { 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding', 'content-length': String(plain.rawPayload.length) })
    t.notMatch(plain.payload, /sourceMappingURL/)
    for (const [header, coding, decode] of [['br, gzip, deflate', 'br', brotliDecompressSync], ['gzip;q=0.5, br;q=0', 'gzip', gunzipSync], ['GZIP', 'gzip', gunzipSync]] as const) {
      const { headers, rawPayload } = await app.inject({ url: path, headers: { 'accept-encoding': header } })
      t.match(headers, { 'content-encoding': coding, 'content-length': String(rawPayload.length) }, header)
      t.ok(decode(rawPayload).equals(plain.rawPayload), `${header} is the same file`)
      t.not(headers.etag, plain.headers.etag, 'a tag is of one coding')
      t.match(await app.inject({ url: path, headers: { 'accept-encoding': header, 'if-none-match': `"x", W/${String(headers.etag)}` } }), { statusCode: 304, payload: '' })
    }
    const head = await app.inject({ method: 'HEAD', url: path })
    t.match(head, { statusCode: 200, payload: '', headers: { 'content-length': String(plain.rawPayload.length), 'content-type': plain.headers['content-type'] } })
  }
  t.match(await get('/account/login', { headers: { 'if-none-match': String(etag) } }), { status: 304, text: '' })
  t.match(await get('/account/login', { headers: { 'if-none-match': '"another"' } }), { status: 200 })
})

t.test('X2: a cache in between gives no origin what was another\'s', async t => {
  const { get } = await build(t, 'embedded', { CORS_ORIGIN: 'https://one.example, https://two.example' })
  const { text } = await get('/account')
  for (const path of ['/account', '/docs/static/docs.js', ...filesOf(text)]) {
    const { headers } = await get(path, { headers: { origin: 'https://two.example' } })
    t.equal(headers['access-control-allow-origin'], 'https://two.example')
    t.same(String(headers.vary).toLowerCase().split(/,\s*/).sort(), ['accept-encoding', 'origin'], path)
  }
})

t.test('what is not there is an envelope, with no word to keep it', async t => {
  const { get, post, ask } = await build(t, 'embedded')
  for (const path of ['/account/nothing', '/account/assets/', '/account/assets/main.js', '/account/assets/manifest.json', '/account/assets/..%2fserver.js', '/account/assets/..%2f..%2fpackage.json', '/account/assets/__proto__', '/account/assets/main-AAAAAAAA.js.br', '/Account/login', '/account/login/']) {
    t.match(await get(path), { status: 404, headers: { 'cache-control': 'no-store' }, body: { Code: 404 } }, path)
  }
  t.match(await post('/account/login', { Email: 'a@b.example', Password: 'x' }), { status: 405, headers: { allow: 'GET, HEAD' }, body: { Code: 405 } })
  t.match(await ask('DELETE', '/account', undefined), { status: 405, headers: { allow: 'GET, HEAD' } })
})

t.test('I7: the name of the house stays text, whatever is in it', async t => {
  const { get } = await build(t, 'embedded', { BRAND_NAME: '</title><script>"x"&\'' })
  const { text } = await get('/account')
  t.notMatch(text, /<script>/)
  t.match(text, '<title>&lt;/title&gt;&lt;script&gt;&quot;x&quot;&amp;&#39;</title>')
})
