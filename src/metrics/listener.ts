import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { ConfigError, errorCode } from '../config.ts'
import { createGuard } from './guard.ts'

/** What a scrape is answered with. */
export interface Exposition { contentType: string, text: () => Promise<string> }

export const METRICS_PATH = '/metrics'
const REQUEST_MS = 5_000

/**
 * Serves the metrics on a port of their own, which no client of the service needs to reach.
 *
 * @param token what a scrape must carry; none: nothing
 * @param failed told when a scrape could not be answered
 */
export async function serveMetrics ({ contentType, text }: Exposition, { host, port, token }: { host: string, port: number, token: string | undefined }, failed: (error: unknown) => void): Promise<{ url: string, close: () => void }> {
  const admits = createGuard(token)

  async function answer ({ method, url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff')
    if (url.split('?', 1)[0] !== METRICS_PATH) response.writeHead(404).end()
    else if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end()
    else if (!admits(headers.authorization)) response.writeHead(401, { 'www-authenticate': 'Bearer realm="metrics"' }).end()
    else {
      const body = await text()
      response.writeHead(200, { 'content-type': contentType }).end(body)
    }
  }

  const server = createServer({ headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      failed(error)
      response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => { reject(refusal(errorCode(error))) })
    server.listen(port, host, resolve)
  })
  // It must not keep a process from ending.
  server.unref()
  const address = server.address()
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${typeof address === 'object' && address !== null ? address.port : port}${METRICS_PATH}`,
    close () {
      server.close()
      server.closeAllConnections()
    }
  }
}

function refusal (code: string): ConfigError {
  switch (code) {
    case 'EADDRINUSE': return new ConfigError('METRICS_PORT is in use by another program')
    case 'EACCES': return new ConfigError('METRICS_PORT needs rights that this user does not have')
    default: return new ConfigError(`METRICS_HOST (or HOST, where that is not set) is not an address of this machine (${code})`)
  }
}
