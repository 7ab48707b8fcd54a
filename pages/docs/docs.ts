import sm3 from 'sm-crypto/src/sm3/index.js'
import { bodies, type Person, type Step } from './example.ts'
import { nameControls } from './names.ts'
import { startHere, type Entered } from './start-here.ts'
import { fetchSolving } from './solving.ts'
import type { OpenApi, SwaggerUi } from './swagger-ui.ts'
import { texts, type Language } from './texts.ts'
import { tokenChange } from './token.ts'

// The page's own switch between light and dark is part of Swagger UI's bar on top, which is left out.
const dark = matchMedia('(prefers-color-scheme: dark)')
const applyScheme = (): void => { document.documentElement.classList.toggle('dark-mode', dark.matches) }
applyScheme()
dark.addEventListener('change', applyScheme)

let language: Language = navigator.languages.find(tag => /^(zh|en)\b/i.test(tag))?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en'
const entered: Entered = { name: 'Alice', email: 'alice@example.com', password: 'paper boats under a quiet moon', code: '' }
const person = ({ password, code, ...rest }: Entered): Person => ({ ...rest, digest: sm3(password.normalize('NFC')), code: code === '' ? '042917' : code })

interface Operation { path: string, method: string, tag: string }

/** Where the operations are, by their ids. */
function operationsOf ({ paths }: OpenApi): Map<string, Operation> {
  return new Map(Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).flatMap(([method, { operationId, tags: [tag = 'default'] = [] }]) =>
    operationId === undefined ? [] : [[operationId, { path, method, tag }]])))
}

/** Without the worked example, which the page has on top with its own address in it. */
function withoutExample (spec: OpenApi): OpenApi {
  const { description, ...info } = spec.info
  return { ...spec, info: { ...info, ...(description !== undefined && { description: description.replace(/^## A worked example$[^]*?(?=^## |(?![^]))/m, '') }) } }
}

/** Without examples of what may be left out: they would be sent, as filters that find nothing and solutions of no challenge. */
function withoutGuesses (spec: OpenApi): OpenApi {
  for (const { parameters = [] } of Object.values(spec.paths).flatMap(methods => Object.values(methods))) {
    for (const parameter of parameters) if (parameter.required !== true) delete parameter.example
  }
  return spec
}

function start (spec: OpenApi): void {
  const root = document.getElementById('start')
  const drawn = document.getElementById('swagger-ui')
  const status = document.getElementById('status')
  if (root === null || drawn === null || status === null) return
  const operations = operationsOf(spec)
  /** By which method an address was last asked: answers do not say. */
  const methods = new Map<string, string>()

  const solvingFetch = fetchSolving(solving => { announce(texts[language][solving]) })

  nameControls(drawn)
  const ui: SwaggerUi = window.SwaggerUIBundle({
    domNode: drawn,
    spec: withoutGuesses(withoutExample(spec)),
    // Without the bar: it brings a style sheet that the policy refuses, and a box to load other documents.
    layout: 'BaseLayout',
    docExpansion: 'list',
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    // A token lives for days: what is kept outlives the visit, on whoever's machine this is.
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: request => {
      methods.set(request.url, request.method.toUpperCase())
      // What was said of the one before.
      announce('')
      request.userFetch = solvingFetch
      return request
    },
    responseInterceptor: answer => {
      take(answer.url, answer.text ?? '')
      return answer
    },
    onComplete: fill
  })

  function announce (text: string): void {
    if (status === null) return
    status.lang = language
    status.textContent = text
  }

  function take (url: string, text: string): void {
    const change = tokenChange({ method: methods.get(url) ?? '', path: new URL(url, location.href).pathname, text })
    if (change === undefined) return
    if (change === 'forget') ui.authActions.logout(['Bearer'])
    else ui.preauthorizeApiKey('Bearer', change.token)
    announce(change === 'forget' ? texts[language].loggedOut : texts[language].loggedIn)
  }

  function fill (): void {
    for (const [id, body] of Object.entries(bodies(person(entered)))) {
      const operation = operations.get(id)
      if (operation === undefined) continue
      const pathMethod: [string, string] = [operation.path, operation.method]
      // Before the body: an operation that opens without a type of its own chooses one, and begins with another body.
      ui.oas3Actions.setRequestContentType({ value: 'application/json', pathMethod })
      ui.oas3Actions.setRequestBodyValue({ value: JSON.stringify(body, undefined, 2), pathMethod })
    }
  }

  function tryIt (step: Step): void {
    const operation = operations.get(step)
    if (operation === undefined) return
    ui.layoutActions.show(['operations', operation.tag, step], true)
    const block = document.getElementById(`operations-${operation.tag}-${step}`)
    block?.scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' })
    block?.querySelector<HTMLElement>('.opblock-summary-control')?.focus({ preventScroll: true })
  }

  // The mailbox is for the service's own machine.
  const mailbox = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname) ? document.body.dataset.mailbox : undefined
  const render = (): void => {
    startHere(root, language, { entered, person, mailbox, onChange: fill, onTry: tryIt }, chosen => {
      language = chosen
      render()
      root.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus()
    })
  }
  render()
}

const isDocument = (value: unknown): value is OpenApi => typeof value === 'object' && value !== null && 'paths' in value && 'info' in value

const answer = await fetch('/openapi.json')
const spec: unknown = await answer.json()
if (isDocument(spec)) start(spec)
