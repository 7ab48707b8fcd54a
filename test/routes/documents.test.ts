import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { build, file, modes } from '../helper.ts'

for (const mode of modes) {
  t.test(`${mode}: the OpenAPI document is served as JSON and as YAML`, async t => {
    const world = await build(t, mode)
    const json = await world.get('/openapi.json')
    t.equal(json.status, 200)
    t.equal(json.headers['content-type'], 'application/json; charset=utf-8')
    t.equal(Reflect.get(json.body, 'openapi'), '3.0.3')
    t.strictSame(json.body, JSON.parse(JSON.stringify(world.app.swagger())))
    const yaml = await world.get('/openapi.yaml')
    t.equal(yaml.status, 200)
    t.equal(yaml.headers['content-type'], 'application/yaml; charset=utf-8')
    t.equal(yaml.text, file('openapi.yaml'), 'the one in the repository')
  })

  t.test(`${mode}: the documentation page loads nothing from elsewhere, under a policy that allows nothing else`, async t => {
    const world = await build(t, mode)
    let url = '/docs'
    let page = await world.get(url)
    while (page.status === 302) {
      url = new URL(String(page.headers.location), `http://localhost${url}`).pathname
      page = await world.get(url)
    }
    t.equal(page.status, 200)
    t.match(page.headers['content-type'], /^text\/html/)
    const policy = String(page.headers['content-security-policy'])
    t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /)
    t.notMatch(policy, /unsafe|https?:|\*/)
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, asset]) => asset ?? '')
    t.ok(assets.length > 3)
    for (const asset of assets) {
      const { origin, pathname } = new URL(asset, `http://localhost${url}`)
      t.equal(origin, 'http://localhost', asset)
      t.equal((await world.get(pathname)).status, 200, asset)
    }
    t.notMatch(page.text, /<script>[^<]|<style>[^<]|onclick=/, 'no inline script or style')
  })
  t.test(`${mode}: what the documentation page is made of comes compressed to whoever takes that, and not again to whoever has it`, async t => {
    const { app } = await build(t, mode)
    const url = '/docs/static/swagger-ui-bundle.js'
    const plain = await app.inject({ url })
    const small = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
    t.match(plain, { statusCode: 200, headers: { 'content-type': /^text\/javascript/, vary: 'accept-encoding', 'x-content-type-options': 'nosniff' } })
    t.match(small, { statusCode: 200, headers: { 'content-encoding': 'gzip' } })
    t.strictSame(gunzipSync(small.rawPayload), plain.rawPayload)
    t.match((await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })).headers, { 'content-encoding': 'br' })
    t.ok(small.rawPayload.length < plain.rawPayload.length / 3)
    t.notOk('content-encoding' in (await app.inject({ url, headers: { 'accept-encoding': 'gzip;q=0' } })).headers)
    const { etag } = small.headers
    t.match(await app.inject({ url, headers: { 'accept-encoding': 'gzip', 'if-none-match': `"other", W/${String(etag)}` } }), { statusCode: 304, body: '' })
    t.match(await app.inject({ url, headers: { 'if-none-match': String(etag) } }), { statusCode: 200 }, 'the other spelling is another')
    t.match(await app.inject({ url, method: 'HEAD' }), { statusCode: 200, body: '' })
    t.match(await app.inject({ url, method: 'POST' }), { statusCode: 405, headers: { allow: /GET/ } })
    t.match(await app.inject({ url: '/docs/static/../../package.json' }), { statusCode: 404 })
  })
}
