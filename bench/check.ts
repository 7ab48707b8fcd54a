import { isDeepStrictEqual } from 'node:util'
import type { Figure } from './figure.ts'
import { againstBare, bearer, bearers, type Effort } from './load.ts'
import { residentMegabytes, type Running } from './service.ts'
import { differentTokens, enrol, warm } from './tokens.ts'

const PATH = '/CheckJWTToken'
const MANY = 10_000

/** All that a client sees of an answer, its date aside. */
async function seen (url: string, token: string): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  const headers = Object.fromEntries(response.headers)
  delete headers.date
  return { status: response.status, headers, body: await response.text() }
}

/** The check of one token and of many against a route that gives the same answer and checks nothing. */
export async function check (mode: string, effort: Effort, bare: Running, service: Running): Promise<Figure[]> {
  await enrol(service)
  const tokens = await differentTokens(service, MANY)
  const [token = ''] = tokens
  const [ours, theirs] = [await seen(service.url + PATH, token), await seen(bare.url, token)]
  if (!isDeepStrictEqual(ours, theirs)) throw new Error(`the bare route answers otherwise: ${JSON.stringify([ours, theirs])}`)

  // Each has been seen once, as those of people who are logged in have.
  await warm(service, tokens)
  const figures = [
    await againstBare(`${mode}: CheckJWTToken, one token`, '≥ 0.95', effort, bare, service, PATH, bearer(token)),
    await againstBare(`${mode}: CheckJWTToken, ${MANY} tokens`, '≥ 0.95', effort, bare, service, PATH, bearers(tokens))
  ]
  return [...figures, { what: `${mode}: resident memory with ${MANY} tokens remembered`, value: Math.round(residentMegabytes(service)), unit: 'MB', target: '', detail: 'after that load' }]
}
