import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { build, modes, type World } from '../helper.ts'

const post = 'POST /Auth/Login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

/** What is not HTTP, or an attack on how it is framed, by what it is. */
const garbage: Record<string, string | Buffer> = {
  'bytes of no protocol': Buffer.from([0, 1, 2, 3, 255, 254, 13, 10, 13, 10]),
  'the start of TLS': Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]),
  'a version that does not exist': 'GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n',
  'a method that does not exist': 'BREW /health HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'no Host': 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n',
  'X5: a length and chunks': `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'X5: two lengths': `${post}Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}`,
  'X5: a length that is no number': `${post}Content-Length: 2x\r\n\r\n{}`,
  'X5: an encoding that hides the chunks': `${post}Transfer-Encoding: xchunked\r\n\r\n{}`,
  'a chunk of no size': `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  'a header without a colon': 'GET /health HTTP/1.1\r\nHost localhost\r\n\r\n',
  'a folded header': 'GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b: c\r\nY\0: d\r\n\r\n',
  'headers without end': `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
  'a path in no encoding': 'GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'a target that is no path': 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'a TRACE': 'TRACE /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'chunks past the limit': `${post}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n4400\r\n${' '.repeat(0x4400)}\r\n0\r\n\r\n`
}

/** Sends bytes and returns all that comes back until the connection ends. */
function send (port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('connect', () => { socket.write(bytes) })
    socket.on('data', chunk => { answer += chunk.toString() })
    socket.on('end', () => { socket.end() })
    socket.on('close', () => { resolve(answer) })
    socket.on('error', reject)
  })
}

async function listen ({ app }: World): Promise<number> {
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

function checkEnvelope (t: Test, answer: string, status = /^HTTP\/1\.1 4\d\d /): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  t.match(head, status)
  t.match(head.toLowerCase(), /\ncontent-type: application\/json; charset=utf-8/)
  t.match(head.toLowerCase(), new RegExp(`\ncontent-length: ${Buffer.byteLength(body)}`))
  t.match(JSON.parse(body === '' ? 'null' : body), { Code: Number, Msg: String })
  t.notMatch(answer, /HPE_|FST_|Error|Parse|node_modules/)
}

for (const mode of modes) {
  t.test(`${mode}: X5: what is not HTTP gets an envelope, names nothing of the inside, and harms nobody`, async t => {
    const world = await build(t, mode)
    const port = await listen(world)
    for (const [title, bytes] of Object.entries(garbage)) {
      await t.test(title, async t => { checkEnvelope(t, await send(port, bytes)) })
    }
    // RFC 9110, section 10.1.1: it may be passed over or refused.
    checkEnvelope(t, await send(port, 'GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 (200|417) /)
    t.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200, 'the process lives')
  })

  t.test(`${mode}: clients that go away in the middle harm nobody`, async t => {
    const world = await build(t, mode)
    const port = await listen(world)
    for (const bytes of ['', 'GET', 'GET /health HTTP/1.1\r\nHost:', `${post}Content-Length: 100\r\n\r\n{"Email"`, `${post}Transfer-Encoding: chunked\r\n\r\nff\r\n{`]) {
      await new Promise<void>(resolve => {
        const socket = connect(port, '127.0.0.1', () => { socket.write(bytes, () => { socket.resetAndDestroy() }) })
        socket.on('close', () => { resolve() })
      })
    }
    t.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200, 'the process lives')
    t.notMatch(world.log(), /"level":(50|60)/, 'and nothing was worth an error')
  })
}
