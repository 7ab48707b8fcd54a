import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { root } from '../../src/root.ts'
import { build, type Answer, type Mode, type World } from '../helper.ts'
import { network, type Network } from './faults.ts'
import { emptyFolder, start } from './program.ts'
import { find, freePort } from './services.ts'
import { exchange } from './wire.ts'

const nginx = find('nginx')

/** What a recorder answers. */
export const ANSWER = 'from the application'

/** Why tests with nginx cannot run here, or `false`. Not installed by the way: a package of nginx may take port 80 at once. */
export const noNginx = nginx === undefined ? 'needs nginx: apt-get install nginx-light (Debian, Ubuntu) or brew install nginx (macOS)' : false

/** A request as a server got it. */
export interface Received {
  method: string
  url: string
  /** Every value of a header, whatever its case, and with `_` and `.` for `-`, as an application may read it. */
  values: (name: string) => string[]
  headers: Array<[string, string]>
  body: string
}

export interface Recorder { port: number, received: Received[], connections: () => number }

/** A server that answers everything alike, and takes down what it was sent. */
export async function recorder (t: Test, headers: Record<string, string> = {}, status = 200): Promise<Recorder> {
  const received: Received[] = []
  const plain = (name: string): string => name.toLowerCase().replace(/[_.]/g, '-')
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => { body += String(chunk) })
    request.on('end', () => {
      const pairs = request.rawHeaders.flatMap((name, i): Array<[string, string]> => i % 2 === 0 ? [[name, request.rawHeaders[i + 1] ?? '']] : [])
      const values = (name: string): string[] => pairs.filter(([each]) => plain(each) === plain(name)).map(([, value]) => value)
      received.push({ method: request.method ?? '', url: request.url ?? '', values, headers: pairs, body })
      response.writeHead(status, { 'content-length': ANSWER.length, ...headers }).end(ANSWER)
    })
  })
  let connections = 0
  server.on('connection', () => { connections++ })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, received, connections: () => connections }
}

/** Starts nginx with `deploy/nginx/forward-auth.conf` as it is, and gives its port. Only the two files about addresses are the test's. */
export async function startNginx (t: Test, auth: number, application: number): Promise<number> {
  const folder = emptyFolder(t)
  const port = await freePort()
  const upstream = (name: string, port: number): string => `upstream ${name} { server 127.0.0.1:${port}; keepalive 4; }\n`
  mkdirSync(join(folder, 'dream-auth'))
  writeFileSync(join(folder, 'dream-auth/upstreams.conf'), upstream('dream_auth', auth) + upstream('protected_app', application))
  writeFileSync(join(folder, 'dream-auth/listen.conf'), `listen 127.0.0.1:${port};\n`)
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  // What else a machine may have set for all its sites, and a site inherits unless it says otherwise.
  const inherited = `proxy_cache_path cache keys_zone=all:1m; proxy_cache all; proxy_cache_key all; proxy_cache_methods GET HEAD POST; proxy_cache_valid any 1h;
    proxy_ignore_headers Cache-Control Expires Set-Cookie Vary; satisfy any; allow all; underscores_in_headers on; ignore_invalid_headers off; proxy_intercept_errors on;`
  // Its workers would be somebody else, who may not enter this folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  writeFileSync(join(folder, 'nginx.conf'), `${user} daemon off; pid nginx.pid; error_log stderr notice; worker_processes 1;
    events { worker_connections 256; }
    http {
      access_log off;
      ${inherited}
      ${kinds.map(kind => `${kind}_temp_path ${kind};`).join(' ')}
      include "${fileURLToPath(new URL('deploy/nginx/forward-auth.conf', root))}";
    }`)
  const program = start(t, nginx ?? 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {}, folder)
  await program.says('start worker process ')
  return port
}

export interface Sending { method?: string, path?: string, token?: string | undefined, headers?: Array<[string, string]>, body?: string, version?: string }

/** Sends a request just as it is given, and gives the one answer. */
export async function send (port: number, { method = 'GET', path = '/', token, headers = [], body = '', version = '1.1' }: Sending = {}): Promise<Answer> {
  const given = headers.map(([name]) => name.toLowerCase())
  const lines: Array<[string, string]> = [...headers, ['Host', 'app.example.com']]
  if (token !== undefined) lines.push(['Authorization', `Bearer ${token}`])
  if (body !== '' && !given.includes('transfer-encoding')) lines.push(['Content-Length', String(Buffer.byteLength(body))])
  if (!given.includes('connection')) lines.push(['Connection', 'close'])
  const [answer, ...more] = await exchange(port, `${method} ${path} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
  if (answer === undefined || more.length > 0) throw new Error(`${more.length === 0 ? 'no answer' : 'more than one answer'} to ${method} ${path}`)
  return answer
}

export interface Guarded {
  world: World
  /** What the application got so far. */
  received: Received[]
  /** The way from nginx to the service. */
  way: Network
  ask: (sending?: Sending) => Promise<Answer>
}

/** The service, nginx and an application behind it. */
export async function guarded (t: Test, mode: Mode, settings: Record<string, string> = {}): Promise<Guarded> {
  const world = await build(t, mode, { TRUST_PROXY: '127.0.0.1', ...settings })
  await world.app.listen({ host: '127.0.0.1', port: 0 })
  const way = await network(t, (world.app.server.address() as AddressInfo).port)
  const { port: application, received } = await recorder(t)
  const port = await startNginx(t, way.port, application)
  return { world, received, way, ask: sending => send(port, sending) }
}
