import { createServer } from 'node:http'
import Fastify from 'fastify'

// Answers by each way that answers take: through Fastify, and as one list of headers before it, as plugins/shortcut.ts does; the first
// with a field that nobody documents. test/answers/answers.test.ts has them recorded.

const COMMON = { 'x-permitted-cross-domain-policies': 'none', 'content-type': 'application/json; charset=utf-8' }
const loggedIn = { Code: 200, Msg: '成功', Token: 'a token', UserID: 1 }

const app = Fastify()
app.post('/Auth/Login', async (_request, reply) => reply.headers(COMMON).send({ ...loggedIn, Password: 'a digest' }))
await app.inject({ method: 'POST', url: '/Auth/Login' })
await fetch(`${await app.listen({ port: 0, host: '127.0.0.1' })}/Auth/Login`, { method: 'POST' })
await app.close()

const server = createServer((_request, response) => {
  response.writeHead(200, Object.entries({ ...COMMON, 'x-auth-user-id': '1', 'x-auth-role': 'user' }).flat())
  response.write('{"Code":200,')
  response.end('"Msg":"成功"}')
})
await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
const address = server.address()
await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/CheckJWTToken`)
server.close()
