import { catalogue } from '../catalogue.ts'
import { notedReplies } from './document.ts'
import type { Json } from './schema.ts'

const HEADER = 'X-Captcha'
const solution = {
  description: 'The solution of the `Challenge` of Code 428: base64 of JSON, as ALTCHA\'s widget gives it. Only to repeat a request that was answered so; else it is not looked at.',
  type: 'string',
  maxLength: 2048,
  examples: ['eyJhbGdvcml0aG0iOiJTSEEtMjU2IiwibnVtYmVyIjo0MjE3fQ==']
}

/**
 * The schema of a route with the header that whatever may ask for work takes. It is documented here, and is in no schema of a route: no request is refused
 * for what it holds.
 */
export function withSolution<S> (schema: S & { response?: unknown }): S {
  const asks = notedReplies(schema.response).has(catalogue.CaptchaRequired.status)
  const headers: Json = { type: 'object', properties: { [HEADER]: solution } }
  return asks ? { ...schema, headers } : schema
}
