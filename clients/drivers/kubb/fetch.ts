export interface RequestConfig<Body = unknown> {
  url?: string
  method?: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD'
  params?: unknown
  data?: Body | FormData | undefined
  headers?: Record<string, string>
}
export interface ResponseConfig<Answer> { data: Answer, status: number }
export type ResponseErrorConfig<Answer> = Answer
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- what is generated names all three.
export type Client = <Answer, Refused = unknown, Body = unknown>(config: RequestConfig<Body>) => Promise<ResponseConfig<Answer>>

/** An answer of another HTTP status than 200, as thrown. */
export class Refusal<Answer> extends Error {
  readonly answer: Answer
  constructor (answer: Answer) {
    super('refused')
    this.answer = answer
  }
}

/** Where requests go, and with which token. */
export const target = { baseUrl: '', token: '' }

/** Sends what a generated function asks for. Throws a `Refusal` of the generated type. */
export const fetch: Client = async <Answer, Refused, Body>({ url = '', method = 'GET', data, headers = {} }: RequestConfig<Body>): Promise<ResponseConfig<Answer>> => {
  const response = await globalThis.fetch(target.baseUrl + url, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json', ...target.token === '' ? {} : { Authorization: `Bearer ${target.token}` } },
    ...data === undefined ? {} : { body: JSON.stringify(data) }
  })
  // The one place where the document is believed: what came is what it says of this operation.
  const answer: unknown = await response.json()
  if (!response.ok) throw new Refusal(answer as Refused)
  return { data: answer as Answer, status: response.status }
}

export default fetch
