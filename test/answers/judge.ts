import { Ajv, type ValidateFunction } from 'ajv'
import { catalogue } from '../../src/catalogue.ts'
import { closed, codesOf, operationsOf, type Operation, type Reply } from '../support/document.ts'
import { standardReply } from '../support/standard-replies.ts'
import type { SentAnswer } from './recorder.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Headers that say nothing about the operation: of HTTP, of browsers' security, and what CORS adds. */
const COMMON = /^(date|connection|keep-alive|content-(type|length|security-policy)|transfer-encoding|vary|cache-control|access-control-.+|cross-origin-.+|origin-agent-cluster|referrer-policy|strict-transport-security|x-(request-id|content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/

interface Described { at: string, path: RegExp, method: string, operation: Operation }

/** Holds answers to the document, and remembers which of its replies it has seen. */
export interface Judge {
  /** What is wrong with an answer; nothing, for all there should ever be. */
  objections: (answer: SentAnswer) => string[]
  /**
   * The documented replies that no answer was, as `POST /Auth/Login 200 501`: operation, HTTP status, Code.
   *
   * @param embeddedOnly whether no service could have a Redis to miss
   */
  missing: (embeddedOnly: boolean) => string[]
}

/** The Code of an answer; of one whose form another standard fixes, its HTTP status. */
const codesFor = (at: string, status: number, { content }: Reply): number[] =>
  standardReply(at, status) === undefined ? codesOf(content['application/json'].schema) : [status]

/** What is wrong with an answer that no operation describes: an error is an envelope wherever it comes from. */
function undescribed ({ method, status, headers, body }: SentAnswer): string[] {
  if (status < 400 || headers['content-type'] !== JSON_TYPE || method === 'HEAD') return []
  const { Code, Msg, ...rest } = JSON.parse(body)
  const entry = Object.values(catalogue).find(({ code }) => code === Code)
  return [
    ...entry?.status === status ? [] : [`HTTP ${status} with Code ${Code}`],
    ...typeof Msg === 'string' ? [] : ['there is no Msg'],
    ...Object.keys(rest).filter(name => name !== 'Details' && name !== 'RetryAfter').map(name => `${name} is no field of an error`),
    ...status === 405 && headers.allow === undefined ? ['there is no Allow'] : []
  ]
}

function headerObjections ({ headers }: SentAnswer, reply: Reply): string[] {
  const documented = Object.entries(reply.headers ?? {}).map(([name, { required }]) => ({ name: name.toLowerCase(), required }))
  return [
    ...documented.filter(({ name, required }) => required && headers[name] === undefined).map(({ name }) => `the header ${name} is missing`),
    ...Object.keys(headers).filter(name => !COMMON.test(name) && !documented.some(each => each.name === name)).map(name => `the header ${name} is not documented`),
    ...headers['content-type'] === JSON_TYPE ? [] : [`it is ${headers['content-type']}`]
  ]
}

/** @param document the OpenAPI document, parsed */
export function createJudge (document: object): Judge {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/ } })
  const described: Described[] = [...operationsOf(document)].map(([at, operation]) => {
    const [method = '', path = ''] = at.split(' ')
    return { at, method, operation, path: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) }
  })
  const compiled = new Map<Reply, ValidateFunction>()
  const seen = new Set<string>()

  function bodyObjections (body: string, reply: Reply): string[] {
    const fits = compiled.get(reply) ?? ajv.compile(Object(closed(reply.content['application/json'].schema)))
    compiled.set(reply, fits)
    return fits(JSON.parse(body)) ? [] : (fits.errors ?? []).map(({ instancePath, message, params }) => `${instancePath || 'it'} ${message} ${JSON.stringify(params)}`)
  }

  function objections (answer: SentAnswer): string[] {
    const path = answer.url.split('?', 1)[0] ?? ''
    const found = described.find(each => each.method === answer.method && each.path.test(path))
    if (found === undefined) return undescribed(answer)
    const { at, operation } = found
    const reply = operation.responses[answer.status]
    // A parameter that is longer than any the router takes is a path that does not exist.
    if (reply === undefined) return answer.status === 404 && operation.parameters !== undefined ? undescribed(answer) : [`HTTP ${answer.status} is not documented`]
    const wrong = [...headerObjections(answer, reply), ...bodyObjections(answer.body, reply)]
    if (wrong.length === 0) seen.add(`${at} ${answer.status} ${standardReply(at, answer.status) ? answer.status : JSON.parse(answer.body).Code}`)
    return wrong
  }

  return {
    objections (answer) {
      try {
        return objections(answer)
      } catch (error) {
        return [String(error)]
      }
    },
    missing: embeddedOnly => described.flatMap(({ at, operation }) => Object.entries(operation.responses).flatMap(([status, reply]) =>
      codesFor(at, Number(status), reply)
        .filter(code => !(embeddedOnly && code === catalogue.CacheUnavailable.code))
        .map(code => `${at} ${status} ${code}`)
        .filter(each => !seen.has(each))))
  }
}
