import { pbkdf2 } from 'node:crypto'
import Fastify from 'fastify'

// The peers the service is measured against, each in a process of its own.
//   bare.js route         a Fastify route with the answer of /CheckJWTToken and no checks; prints its port
//   bare.js hash N S I    N password hashes at a time, of I iterations, for S seconds; prints hashes per second

const [kind, ...numbers] = process.argv.slice(2)

if (kind === 'route') {
  const app = Fastify()
  const response = { 200: { type: 'object', properties: { Code: { type: 'integer' }, Msg: { type: 'string' } } } }
  app.get('/', { schema: { response } }, async () => ({ Code: 200, Msg: '成功' }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
} else {
  const [concurrency = 1, seconds = 1, iterations = 1] = numbers.map(Number)
  const start = performance.now()
  const end = start + seconds * 1000
  let done = 0
  let last = start
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (performance.now() < end) {
      await new Promise(resolve => { pbkdf2('digest', 'sixteen bytes ok', iterations, 32, 'sm3', resolve) })
      done++
      last = performance.now()
    }
  }))
  process.stdout.write(`${done / (last - start) * 1000}\n`)
}
