const STYLE = `
main { max-width: 1000px }
form { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 8px 20px; padding: 12px 0; background: var(--paper) }
fieldset { display: flex; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; background: var(--card) }
legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
label span { display: block; padding: 6px 12px; font-size: 14px; cursor: pointer }
input { position: absolute; opacity: 0 } input:checked + span { background: var(--accent); color: var(--card) }
.head code { color: var(--soft); font-size: 13px }
.stage { padding: 16px; border-top: 1px solid var(--line); overflow-x: auto }
iframe { display: block; max-width: none; margin: 0 auto; border: 0 }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.6 ui-monospace, Menlo, Consolas, 'Microsoft YaHei', monospace }
@media (max-width: 600px) { form { position: static } }
#fault { padding: 12px 16px; border: 1px solid currentcolor; border-radius: 8px; color: #b3261e; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { #fault { color: #ff9d94 } }`

const SCRIPT = `
const form = document.querySelector('form'), list = document.querySelector('#previews'), fault = document.querySelector('#fault'), state = document.querySelector('#state')
const make = (tag, props = {}, ...children) => { const node = Object.assign(document.createElement(tag), props); node.append(...children); return node }
let last = '', previews = []
function part (preview, { part, width, scheme }) {
  if (part === 'text') return make('pre', { textContent: preview.Text })
  if (part === 'headers') return make('pre', { textContent: preview.Headers.map(({ Name, Value }) => Name + ': ' + Value).join('\\n') })
  // Without scripts, so that its height can be asked for.
  const frame = make('iframe', { title: preview.Subject, sandbox: 'allow-same-origin', width, height: 100, srcdoc: preview.Html })
  frame.style.colorScheme = scheme
  frame.onload = () => { frame.height = frame.contentDocument.documentElement.scrollHeight }
  return frame
}
function show () {
  const chosen = Object.fromEntries(new FormData(form))
  list.replaceChildren(...previews.filter(({ Language }) => Language === chosen.language).map(preview =>
    make('article', {}, make('div', { className: 'head' }, make('h2', { textContent: preview.Subject }), make('code', { textContent: preview.Language + '/' + preview.Name })), make('div', { className: 'stage' }, part(preview, chosen)))))
  location.replace('#' + new URLSearchParams(chosen))
}
// The templates may be under somebody's pen.
async function refresh () {
  try {
    const text = await (await fetch('/dev/mailbox/previews.json')).text()
    state.textContent = '自动刷新，图片等外部资源不加载 · Refreshes by itself; nothing is loaded from elsewhere'
    if (text !== last) {
      last = text
      const answer = JSON.parse(text)
      fault.hidden = answer.Fault === undefined
      fault.textContent = answer.Fault ?? ''
      // What was there stays to be looked at while a template is broken.
      if (answer.Fault === undefined) { previews = answer.Previews; show() }
    }
  } catch { state.textContent = '服务器没有响应 · The server does not answer' }
  setTimeout(refresh, 1500)
}
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) for (const input of form.elements[name] ?? []) input.checked = input.value === value
form.onchange = show
refresh()`

type Choice = [value: string, label: string]

function choices (name: string, legend: string, options: Choice[]): string {
  return `<fieldset><legend>${legend}</legend>${options.map(([value, label], i) => `<label><input type="radio" name="${name}" value="${value}"${i === 0 ? ' checked' : ''}><span>${label}</span></label>`).join('')}</fieldset>`
}

/** The page of the previews: every mail in either language, at the width of a phone and of a desktop, by day and by night. */
export const mailPreviewsPage = {
  path: '/dev/mailbox/previews',
  title: '邮件模板 · Mail templates',
  style: STYLE,
  body: `<form>${[
    choices('language', '语言 Language', [['zh', '中文'], ['en', 'English']]),
    choices('width', '宽度 Width', [['320', '手机 Phone'], ['640', '电脑 Desktop']]),
    choices('scheme', '明暗 Scheme', [['light', '浅色 Light'], ['dark', '深色 Dark']]),
    choices('part', '部分 Part', [['html', 'HTML'], ['text', '纯文本 Text'], ['headers', '邮件头 Headers']])
  ].join('')}</form>
<p id="fault" role="alert" hidden></p>
<section id="previews"></section>`,
  script: SCRIPT
} as const
