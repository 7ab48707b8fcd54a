import { element } from './element.ts'
import { curl, STEPS, type Person, type Step } from './example.ts'
import { texts, type Language } from './texts.ts'

export interface Entered { name: string, email: string, password: string, code: string }

interface Options {
  entered: Entered
  person: (entered: Entered) => Person
  /** Where the development mailbox is, where there is one. */
  mailbox: string | undefined
  /** Something else was entered. */
  onChange: () => void
  /** Shows the operation of a step, ready to be sent. */
  onTry: (step: Step) => void
}

const FIELDS = ['name', 'email', 'password'] as const
const LANGUAGES: Record<Language, string> = { zh: '中文', en: 'English' }

/** The worked example on top of the page, in one language: called again for another. */
export function startHere (root: HTMLElement, language: Language, options: Options, onLanguage: (language: Language) => void): void {
  const { entered, person, mailbox } = options
  const say = texts[language]
  const commands = new Map<Step, HTMLElement>()
  const write = (): void => {
    for (const [step, code] of commands) code.textContent = curl(step, location.origin, person(entered))
  }

  const field = (name: keyof Entered): HTMLElement => element('p', { class: 'field' },
    element('label', { for: `start-${name}` }, say[name]),
    element('input', {
      id: `start-${name}`,
      value: entered[name],
      autocomplete: 'off',
      autocapitalize: 'off',
      spellcheck: 'false',
      maxlength: name === 'code' ? '6' : '128',
      ...(name === 'code' && { inputmode: 'numeric', placeholder: '042917', 'aria-describedby': 'start-code-hint' }),
      input: event => {
        if (event.target instanceof HTMLInputElement) entered[name] = event.target.value
        write()
        options.onChange()
      }
    }),
    ...(name === 'code'
      ? [element('span', { id: 'start-code-hint' }, say.codeHint, ' ', ...(mailbox === undefined ? [] : [element('a', { href: mailbox, target: '_blank', rel: 'noopener' }, say.mailbox)]))]
      : []))

  const step = (name: Step): HTMLElement => {
    const { title, text } = say.steps[name]
    const code = element('code', {})
    commands.set(name, code)
    return element('li', { 'data-step': name },
      element('h3', {}, title),
      element('p', {}, text),
      ...(name === 'verify' ? [field('code')] : []),
      // It scrolls sideways, which a keyboard can do only where it can go.
      element('pre', { tabindex: '0', role: 'group', 'aria-label': `curl: ${title}` }, code),
      element('p', { class: 'actions' }, ...copyButton(code, say, title), element('button', { type: 'button', 'aria-label': `${say.tryIt}: ${title}`, click: () => { options.onTry(name) } }, say.tryIt)))
  }

  root.lang = language === 'zh' ? 'zh-CN' : 'en'
  root.replaceChildren(
    element('header', {},
      element('h2', { id: 'start-title' }, say.title),
      element('p', { class: 'languages' }, ...Object.entries(LANGUAGES).map(([code, name]) => element('button', {
        type: 'button',
        lang: code === 'zh' ? 'zh-CN' : 'en',
        'aria-pressed': String(code === language),
        click: () => { if (code === 'zh' || code === 'en') onLanguage(code) }
      }, name)))),
    element('p', {}, say.lead),
    element('div', { class: 'fields' }, ...FIELDS.map(field)),
    element('ol', {}, ...STEPS.map(step)),
    element('p', {}, `${say.document}: `, element('a', { href: '/openapi.json' }, 'openapi.json'), ' · ', element('a', { href: '/openapi.yaml' }, 'openapi.yaml'), ...(say.reference === '' ? [] : [` · ${say.reference}`]))
  )
  write()
}

/** Nothing where the browser keeps the clipboard from pages without TLS. */
function copyButton (code: HTMLElement, say: typeof texts.zh, title: string): HTMLElement[] {
  if (!('clipboard' in navigator)) return []
  const button = element('button', { type: 'button', 'aria-label': `${say.copy}: ${title}` }, say.copy)
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.textContent)
    button.textContent = say.copied
    setTimeout(() => { button.textContent = say.copy }, 2_000)
  })
  return [button]
}
