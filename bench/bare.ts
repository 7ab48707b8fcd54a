import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import type { Cost } from '../src/phc.ts'
import { createHashThreads } from '../src/stretch.ts'

// The peers the service is measured against, each in a process of its own.
//   bare.js route          a Fastify route with the answer of /CheckJWTToken, headers and all, and no checks; prints its port
//   bare.js hash N S I     N password hashes at a time, of I iterations of PBKDF2, or Argon2id for 0, for S seconds; prints hashes per second
//   bare.js beside WHERE   the route, and hashes without end: on libuv's pool ("libuv"), on threads that leave a core free ("free"), or on
//                          one for each core that yields that far ("0" to "19"); prints its port, and then each second how many
//                          hashes it has made

const [kind, ...numbers] = process.argv.slice(2)
const ARGON2ID = { memoryCost: 65_536, timeCost: 3, parallelism: 1, outputLen: 32, algorithm: 2 }
const SALT = randomBytes(16)

/** What `/CheckJWTToken` answers to a user's token. The bench sees to it that the two are the same. */
const HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  'cache-control': 'no-store',
  'x-auth-user-id': '1',
  'x-auth-role': 'user'
}

async function route (): Promise<void> {
  const app = Fastify()
  const response = { 200: { type: 'object', properties: { Code: { type: 'integer' }, Msg: { type: 'string' } } } }
  app.get('/', { schema: { response } }, async (_request, reply) => {
    reply.headers(HEADERS)
    return { Code: 200, Msg: '成功' }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
}

/** One hash at a time on each thread there is; libuv has four, of which the service used to take three. */
async function hashWithoutEnd (where: string): Promise<void> {
  const cost: Cost = { scheme: 'pbkdf2-sm3', iterations: 200_000 }
  const threads = createHashThreads(1, Number(where) || 0)
  const atOnce = where === 'libuv' ? 3 : where === 'free' ? Math.max(1, threads.count - 1) : threads.count
  const derive = promisify(pbkdf2)
  const hash = where === 'libuv' ? () => derive('digest', SALT, cost.iterations, 32, 'sm3') : () => threads.stretch('digest', SALT, cost)
  let done = 0
  setInterval(() => { process.stdout.write(`${done}\n`) }, 1_000)
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (;;) {
      await hash()
      done++
    }
  }))
}

if (kind === 'route') {
  await route()
} else if (kind === 'beside') {
  await route()
  await hashWithoutEnd(numbers[0] ?? '')
} else {
  const [concurrency = 1, seconds = 1, iterations = 1] = numbers.map(Number)
  const { hashRaw } = await import('@node-rs/argon2')
  const derive = promisify(pbkdf2)
  const start = performance.now()
  const end = start + seconds * 1000
  let done = 0
  let last = start
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (performance.now() < end) {
      if (iterations > 0) await derive('digest', SALT, iterations, 32, 'sm3')
      else await hashRaw('digest', { ...ARGON2ID, salt: SALT })
      done++
      last = performance.now()
    }
  }))
  process.stdout.write(`${done / (last - start) * 1000}\n`)
}
