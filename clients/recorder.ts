import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { freePort, type Ending } from '../test/support/services.ts'

/** What a client asked for and what came of it, so that nobody has to believe the client. */
export interface Recorder {
  url: string
  /** A method, a path and a Code each, in their order. */
  calls: string[]
}

const HOP_BY_HOP = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect'])

async function forward (service: string, request: IncomingMessage, response: ServerResponse): Promise<string> {
  const { method = 'GET', url = '/' } = request
  const headers = Object.entries(request.headers).flatMap(([name, value]): Array<[string, string]> => HOP_BY_HOP.has(name) ? [] : [[name, String(value)]])
  const body = await text(request)
  const answer = await fetch(service + url, { method, headers, ...body === '' ? {} : { body } })
  const answered = await answer.text()
  response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => !HOP_BY_HOP.has(name)))).end(answered)
  return `${method} ${url} ${String(JSON.parse(answered).Code)}`
}

/** Stands before a service and takes down what passes, until the end of the run. */
export async function record (ending: Ending, service: string): Promise<Recorder> {
  const calls: string[] = []
  const server = createServer((request, response) => {
    forward(service, request, response).then(call => { calls.push(call) }, (error: unknown) => {
      calls.push(`${String(request.method)} ${String(request.url)}: ${String(error)}`)
      response.writeHead(502).end()
    })
  })
  const port = await freePort()
  await new Promise<void>(resolve => { server.listen(port, '127.0.0.1', resolve) })
  ending.teardown(() => new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return { url: `http://127.0.0.1:${port}`, calls }
}
