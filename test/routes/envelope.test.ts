import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const credentials = JSON.stringify({ Email: alice.Email, Password: alice.Password })
const english = { headers: { 'accept-language': 'en-US,en;q=0.9' } }

const postRoutes = ['/Auth/Login', '/Auth/Sign', '/Auth/Verify', '/Auth/ResetPassword', '/Auth/UpdatePassword']
const getRoutes = ['/CheckJWTToken', '/health', '/health/live', '/openapi.json', '/openapi.yaml']
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'] as const

for (const mode of modes) {
  t.test(`${mode}: an unknown path is 404, whatever is sent there`, async t => {
    const world = await build(t, mode)
    for (const path of ['/', '/Auth', '/Auth/Nothing', '/Auth/Login/x', '/health/liveness', '/.env', '/__proto__', '/constructor', '/*', '/%2e%2e/%2e%2e/etc/passwd']) {
      for (const answer of [await world.get(path), await world.post(path, alice), await world.post(path, '{')]) {
        t.strictSame([answer.status, answer.body], [404, { Code: 404, Msg: '接口不存在' }], path)
      }
    }
    t.strictSame((await world.get('/nothing', english)).body, { Code: 404, Msg: 'No such endpoint' })
  })

  t.test(`${mode}: X3: another method on a known path is 405 and Allow names the right ones; TRACE is never answered`, async t => {
    const world = await build(t, mode)
    for (const [url, allow] of [...postRoutes.map(url => [url, 'POST'] as const), ...getRoutes.map(url => [url, 'GET, HEAD'] as const)]) {
      for (const method of methods) {
        if (allow.split(', ').includes(method)) continue
        // As a client of the old service might: with a body that says nothing.
        const { statusCode, headers, body } = await world.app.inject({ method: method as 'GET', url: `${url}?a=b`, headers: { 'x-secret': 'not echoed' } })
        t.strictSame([statusCode, headers.allow], [405, allow], `${method} ${url}`)
        if (method !== 'HEAD') t.strictSame(JSON.parse(body), { Code: 405, Msg: '请求方法不允许' })
      }
    }
    t.strictSame((await world.get('/Auth/Login', english)).body, { Code: 405, Msg: 'Method not allowed' })
  })

  t.test(`${mode}: I3: a body of 16 KiB is read, one byte more is 413`, async t => {
    const world = await build(t, mode)
    const padded = (bytes: number): string => credentials + ' '.repeat(bytes - credentials.length)
    for (const url of postRoutes) {
      t.not((await world.post(url, padded(16 * 1024))).status, 413, url)
      const answer = await world.post(url, padded(16 * 1024 + 1))
      t.strictSame([answer.status, answer.body], [413, { Code: 413, Msg: '请求体过大' }], url)
    }
    t.strictSame((await world.post('/Auth/Login', padded(20_000), english)).body, { Code: 413, Msg: 'Request body too large' })
  })

  t.test(`${mode}: I4: a body is application/json in UTF-8, else 415`, async t => {
    const world = await build(t, mode)
    const refused = ['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=application/json', 'text/plain; application/json', 'application/jsonp', 'application/json+x',
      'application/vnd.api+json', 'application/json-patch+json', 'application/json; charset=utf-16', 'application/json;charset="UTF-16LE"', 'application/json; charset=gbk', 'application/json; charset=utf-8; charset=utf-16', '*/*', ';', 'json']
    for (const type of refused) {
      const { statusCode, body } = await world.app.inject({ method: 'POST', url: '/Auth/Login', payload: Buffer.from(credentials), headers: type === '' ? {} : { 'content-type': type } })
      t.strictSame([statusCode, JSON.parse(body)], [415, { Code: 415, Msg: '不支持的媒体类型' }], type === '' ? 'no content type' : type)
    }
    for (const type of ['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"']) {
      t.match(await world.post('/Auth/Login', credentials, { headers: { 'content-type': type } }), { status: 200, body: { Code: 501 } }, type)
    }
  })

  t.test(`${mode}: a URL that cannot be read is 400 and names nothing of the inside`, async t => {
    const world = await build(t, mode)
    for (const url of ['/%zz', '/Auth/%', '/Auth/Login%', '/%c3%28']) {
      const answer = await world.get(url)
      t.match(answer, { status: 400, body: { Code: 400, Msg: '请求参数错误', Details: [{ Field: String, Reason: String }] } }, url)
      t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
      t.notMatch(answer.text, /FST_|is not a valid url/)
    }
    t.match((await world.get('/%zz', english)).body, { Msg: 'Bad request' })
  })

  t.test(`${mode}: L8: no other spelling of a path, and no query, reaches a handler past the counters`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const spellings = ['//Auth/Login', '/Auth//Login', '/Auth/Login/', '/Auth/Login//', '/auth/login', '/AUTH/LOGIN', '/Auth/Login;x=1', '/Auth/./Login', '/Auth/Login/.', '/x/../Auth/Login',
      '/Auth/Login?', '/Auth/Login?x=1', '/%41uth/Login', '/Auth%2FLogin', '/Auth/Login%20', '/Auth/Login%00', 'http://elsewhere.example/Auth/Login']
    for (const [i, url] of spellings.entries()) {
      const from = `10.1.${i}.1`
      await world.pass(15 * 60_000)
      const wrong = { Email: alice.Email, Password: digest('wrong') }
      const answers = []
      for (let n = 0; n < 10; n++) answers.push(await world.post(url, wrong, { from }))
      if (answers.every(({ status }) => status === 404)) continue
      t.ok(answers.every(({ body }) => body.Code === 501), `${url} is the login`)
      t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { from })).body.Code, 429, `${url} is counted`)
    }
  })

  t.test(`${mode}: Msg is in Chinese unless Accept-Language prefers English; Code is the same`, async t => {
    const world = await build(t, mode)
    const chinese = ['', 'zh', 'zh-CN,zh;q=0.9,en;q=0.8', 'fr', '*', 'en;q=0', 'en;q=0.3, zh;q=0.4', ',;=', 'x'.repeat(4000)]
    for (const language of chinese) t.strictSame((await world.get('/health/live', { headers: { 'accept-language': language } })).body, { Code: 200, Msg: '成功' }, language.slice(0, 40))
    for (const language of ['en', 'EN', 'en-GB', 'en-US,en;q=0.9', 'fr, en;q=0.8', 'en, zh;q=0.9', 'zh;q=0.2, en;q=0.3']) {
      t.strictSame((await world.get('/health/live', { headers: { 'accept-language': language } })).body, { Code: 200, Msg: 'Success' }, language)
    }
  })
}
