import { request, type Agent, type IncomingMessage } from 'node:http'

/** A POST that the service is in the midst of, for as long as the test likes: it has the headers and waits for the body. */
export interface Begun {
  /** Sends the body, and gives the answer. Rejects where the service has cut it off. */
  finish: () => Promise<{ status: number | undefined, connection: string | undefined, body: Record<string, unknown> }>
}

export async function begin (url: string, body: object, agent?: Agent): Promise<Begun> {
  const text = JSON.stringify(body)
  const asking = request(url, { method: 'POST', ...(agent && { agent }), headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), expect: '100-continue' } })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve)
    asking.once('error', reject)
  }).then(async response => {
    let answer = ''
    for await (const chunk of response) answer += String(chunk)
    return { status: response.statusCode, connection: response.headers.connection, body: JSON.parse(answer) }
  })
  // Before it is asked for, nobody listens to a failure.
  answered.catch(() => {})
  await Promise.race([new Promise(resolve => { asking.once('continue', resolve) }), answered])
  return {
    finish () {
      asking.end(text)
      return answered
    }
  }
}
