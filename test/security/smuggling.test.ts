import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { exchange } from '../support/wire.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const host = 'Host: localhost\r\n'
const get = 'GET /health/live HTTP/1.1\r\n'
const post = `POST /Auth/Login HTTP/1.1\r\n${host}Content-Type: application/json\r\n`
const chunked = (body: string, header = 'Transfer-Encoding: chunked'): string => `${post}${header}\r\n\r\n${body}`
const hello = '2\r\n{}\r\n0\r\n\r\n'

/** Requests that a proxy and a server may read in two ways, each whole in one of them. */
const ambiguous: Record<string, string> = {
  'a length and chunks': `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks and a length': `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  'two lengths': `${post}Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}`,
  'one length twice': `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
  'a list of lengths': `${post}Content-Length: 2, 2\r\n\r\n{}`,
  'a length with a plus': `${post}Content-Length: +2\r\n\r\n{}`,
  'a length with a minus': `${post}Content-Length: -2\r\n\r\n{}`,
  'a length in hexadecimal': `${post}Content-Length: 0x2\r\n\r\n{}`,
  'a length with a space in it': `${post}Content-Length: 2 2\r\n\r\n{}`,
  'a length beyond all numbers': `${post}Content-Length: 99999999999999999999\r\n\r\n{}`,
  'a length with a space before the colon': `${post}Content-Length : 2\r\n\r\n{}`,
  'chunks with a space before the colon': chunked(hello, 'Transfer-Encoding : chunked'),
  'chunks by another name': chunked(hello, 'Transfer-Encoding: xchunked'),
  'chunks in quotes': chunked(hello, 'Transfer-Encoding: "chunked"'),
  'chunks behind a vertical tab': chunked(hello, 'Transfer-Encoding: \x0bchunked'),
  'chunks on a folded line': chunked(hello, 'Transfer-Encoding:\r\n chunked'),
  'chunks twice': chunked(hello, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'),
  'chunks that are not the last encoding': chunked(hello, 'Transfer-Encoding: chunked, identity'),
  'chunks of something encoded': chunked(hello, 'Transfer-Encoding: gzip, chunked'),
  'the encoding identity': chunked('', 'Transfer-Encoding: identity'),
  'an empty encoding': chunked('', 'Transfer-Encoding:'),
  'chunks in HTTP/1.0': chunked(hello).replace('HTTP/1.1', 'HTTP/1.0'),
  'a chunk size in hexadecimal notation': chunked('0x2\r\n{}\r\n0\r\n\r\n'),
  'a chunk size with a sign': chunked('+2\r\n{}\r\n0\r\n\r\n'),
  'a chunk size with a space': chunked('2 \r\n{}\r\n0\r\n\r\n'),
  'a chunk size beyond 64 bits': chunked('10000000000000002\r\n{}\r\n0\r\n\r\n'),
  'a chunk size that ends with LF': chunked('2\n{}\r\n0\r\n\r\n'),
  'a chunk that ends with LF': chunked('2\r\n{}\n0\r\n\r\n'),
  'a chunk that goes on': chunked('2\r\n{}xx\r\n0\r\n\r\n'),
  'LF in a chunk extension': chunked('2;a\nb\r\n{}\r\n0\r\n\r\n'),
  'a chunk extension without end': chunked(`2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
  'a length among the trailers': chunked('2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n'),
  'lines that end with LF': `${get}${host}\r\n`.replaceAll('\r\n', '\n'),
  'a header that ends with LF': `${get}${host}X: a\n\r\n`,
  'a CR within a header': `${get}${host}X: a\rY: b\r\n\r\n`,
  'a folded header': `${get}${host}X: a\r\n b\r\n\r\n`,
  'a header before the first one': `${get} X: a\r\n${host}\r\n`,
  'a header name with a space': `${get}${host}X Y: a\r\n\r\n`,
  'a header without a name': `${get}${host}: a\r\n\r\n`,
  'NUL in a header name': `${get}${host}X\0: a\r\n\r\n`,
  'NUL in a header': `${get}${host}X: a\0b\r\n\r\n`,
  'two Host lines': `${get}${host}Host: evil.example\r\n\r\n`,
  'one Host line twice': `${get}${host}${host}\r\n`,
  'two Host lines to the shortcut': `GET /CheckJWTToken HTTP/1.1\r\n${host}Host: evil.example\r\nAuthorization: Bearer TOKEN\r\n\r\n`,
  'a Host that is none': `${get}Host: localhost/@evil.example\r\n\r\n`,
  'another authority than the Host': `GET http://evil.example/health/live HTTP/1.1\r\n${host}\r\n`,
  'HTTP/0.9': 'GET /health/live\r\n\r\n',
  'HTTP/2.0': `GET /health/live HTTP/2.0\r\n${host}\r\n`,
  'more headers than anybody needs': `${get}${host}${Array.from({ length: 100 }, (_, i) => `a${i}: b\r\n`).join('')}\r\n`,
  'more headers than Node reads': `${get}${host}${'a:\r\n'.repeat(2_500)}\r\n`
}

/** Unusual, and yet with one meaning: as many answers as requests. */
const sound: Record<string, string> = {
  'the encoding in capitals': chunked(hello, 'TRANSFER-ENCODING: CHUNKED'),
  'a chunk extension': chunked('2;a="b"\r\n{}\r\n0\r\n\r\n'),
  'a name like that of the encoding': `${post}Transfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}`,
  'spaces around a length': `${post}Content-Length:  2 \r\n\r\n{}`,
  'a GET with a body': `${get}${host}Content-Length: 5\r\n\r\nhello`,
  'the URL with its authority': `GET http://LOCALHOST/health/live HTTP/1.1\r\n${host}\r\n`,
  'a Host with a port': `${get}Host: [::1]:8888\r\n\r\n`
}

const last = `${get}${host}Connection: close\r\n\r\n`

async function listen ({ app }: World): Promise<number> {
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

for (const mode of modes) {
  t.test(`${mode}: X5: what could be read in two ways is refused, and nothing behind it on the connection is answered`, async t => {
    const world = await build(t, mode)
    const port = await listen(world)
    await world.register(alice)
    const token = await world.login(alice)
    for (const [title, bytes] of Object.entries(ambiguous)) {
      const answers = await exchange(port, bytes.replace('TOKEN', token) + last)
      t.match(answers, [{ status: /^4\d\d$/, headers: { connection: 'close', 'x-content-type-options': 'nosniff' }, body: { Code: 400, Msg: String } }], title)
      t.equal(answers.length, 1, title)
      t.notMatch(answers[0]?.text, /HPE_|FST_|Error|Parse/, title)
    }
    for (const [title, bytes] of Object.entries(sound)) t.equal((await exchange(port, bytes + last)).length, 2, title)
    const upgrade = await exchange(port, `${get}${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n${last}`)
    t.match(upgrade, [{ status: 200, headers: { connection: 'close' } }], 'an upgrade to what is not spoken here ends the connection')
  })

  t.test(`${mode}: X3: CONNECT is not answered, and TRACE not with what was sent`, async t => {
    const port = await listen(await build(t, mode))
    t.strictSame(await exchange(port, `CONNECT localhost:443 HTTP/1.1\r\n${host}\r\n`), [])
    const [trace] = await exchange(port, `TRACE /health HTTP/1.1\r\n${host}X-Secret: not echoed\r\nConnection: close\r\n\r\n`)
    t.match(trace, { status: 405, headers: { allow: 'GET, HEAD' }, body: { Code: 405 } })
    t.notMatch(JSON.stringify(trace), /not echoed/)
  })

  t.test(`${mode}: X5: what comes behind a good request and is none is not its answer`, async t => {
    const world = await build(t, mode)
    const port = await listen(world)
    await world.register(alice)
    const body = JSON.stringify({ Email: alice.Email, Password: alice.Password })
    const answers = await exchange(port, `${post}Content-Length: ${body.length}\r\n\r\n${body}BREW / HTTP/1.1\r\n\r\n`)
    t.match(answers, [{ status: 200, body: { Code: 200, Token: String } }])
    t.equal(answers.length, 1)
  })

  t.test(`${mode}: T8: two tokens are none, also where one of them is good`, async t => {
    const world = await build(t, mode)
    const port = await listen(world)
    await world.register(alice)
    const good = `Authorization: Bearer ${await world.login(alice)}\r\n`
    for (const lines of [good + 'Authorization: Bearer x\r\n', 'Authorization: Bearer x\r\n' + good, good + good]) {
      t.match(await exchange(port, `GET /CheckJWTToken HTTP/1.1\r\n${host}${lines}Connection: close\r\n\r\n`), [{ status: 401 }])
    }
  })
}
