import { fileURLToPath } from 'node:url'
import { lint, loadConfig } from '@redocly/openapi-core'
import core, { type RulesetDefinition, type RulesetFunction } from '@stoplight/spectral-core'
import functions from '@stoplight/spectral-functions'
import rulesets from '@stoplight/spectral-rulesets'
import t from 'tap'
import { parse } from 'yaml'
import { root } from '../../src/root.ts'
import { file } from '../helper.ts'
import { isJson, type Json } from '../support/document.ts'

interface Then { function: string }
interface Rules { rules: Record<string, { then: Then | Then[] }> }

const { rules }: Rules = parse(file('.spectral.yaml'))
const known = new Map<string, unknown>(Object.entries(functions))

/** The rules of Spectral and our own, with its functions in the place of their names. */
function ruleset (): RulesetDefinition {
  const own = Object.entries(rules).map(([name, rule]) => [name, { ...rule, then: [rule.then].flat().map(then => ({ ...then, function: known.get(then.function) as RulesetFunction })) }])
  return { extends: [rulesets.oas as RulesetDefinition], rules: Object.fromEntries(own) }
}

const spectral = new core.Spectral()
spectral.setRuleset(ruleset())

const document = (): Record<'paths' | 'components', Json> => parse(file('openapi.yaml'))

t.test('openapi.yaml gives Spectral nothing to say, by its own rules and by ours', async t => {
  t.strictSame((await spectral.run(document())).map(({ code, path, message }) => `${code} at ${path.join('.')}: ${message}`), [])
})

t.test('openapi.yaml gives Redocly nothing to say', async t => {
  const config = await loadConfig({ configPath: fileURLToPath(new URL('redocly.yaml', root)) })
  const found = await lint({ ref: fileURLToPath(new URL('openapi.yaml', root)), config })
  t.strictSame(found.map(({ ruleId, location: [at], message }) => `${ruleId} at ${at?.pointer}: ${message}`), [])
})

/** Spoils a document for every rule of ours. */
function spoil ({ paths, components }: Record<'paths' | 'components', Json>): void {
  const at = (part: unknown, ...names: string[]): Json => {
    const found = names.reduce((found: unknown, name) => Object(found)[name], part)
    return isJson(found) ? found : {}
  }
  const login = at(paths, '/Auth/Login', 'post')
  const sign = at(paths, '/Auth/Sign', 'post')
  login.operationId = 'Log_in'
  login.summary = 'Logs somebody in, and says so at greater length than fits on a line.'
  delete login.security
  const request = at(login, 'requestBody', 'content', 'application/json')
  request.schema = { type: 'object', properties: { Email: { type: 'string', description: 'An address.' } } }
  at(sign, 'responses', '200', 'content', 'application/json').schema = { type: 'object' }
  delete at(sign, 'responses', '200', 'content', 'application/json', 'examples', 'Success').summary
  delete at(login, 'responses', '200', 'content', 'application/json').examples
  delete Object(at(paths, '/Admin/Users', 'get').parameters)[0].description
  const schemas = at(components, 'schemas')
  schemas.login_thing = { type: 'object', properties: { no_pascal: { type: 'string' } } }
}

t.test('each rule of ours can fail', async t => {
  const spoilt = document()
  spoil(spoilt)
  const broken = new Set((await spectral.run(spoilt)).map(({ code }) => code))
  t.strictSame(Object.keys(rules).filter(name => !broken.has(name)), [])
})
