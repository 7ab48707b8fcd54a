const STYLE = `
button { min-width: 124px; padding: 8px 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: var(--accent); font: 700 20px/1 ui-monospace, Menlo, Consolas, monospace; letter-spacing: 2px; cursor: pointer }
button:hover { border-color: var(--accent) }
details { border-top: 1px solid var(--line) } summary { padding: 10px 16px; color: var(--soft); cursor: pointer }
iframe { display: block; width: 100%; height: 360px; border: 0; background: var(--paper) }`

const SCRIPT = `
const list = document.querySelector('#mails'), empty = document.querySelector('#empty'), state = document.querySelector('#state')
const articles = new Map()
const make = (tag, props = {}, ...children) => { const node = Object.assign(document.createElement(tag), props); node.append(...children); return node }
const keyOf = mail => JSON.stringify([mail.SentAt, mail.To, mail.Subject])
function show (mail) {
  const code = /\\b\\d{6}\\b/.exec(mail.Subject)?.[0]
  const head = make('div', { className: 'head' }, make('h2', {}, mail.Subject, make('small', {}, mail.To + ' · ', make('time', { dateTime: mail.SentAt, textContent: new Date(mail.SentAt).toLocaleTimeString() }))))
  if (code) {
    const button = make('button', { type: 'button', textContent: code, title: '复制 Copy' })
    button.onclick = async () => { await navigator.clipboard.writeText(code); button.textContent = '✓'; setTimeout(() => { button.textContent = code }, 2000) }
    head.append(button)
  }
  const frame = make('iframe', { title: mail.Subject, sandbox: '', loading: 'lazy' })
  const details = make('details', {}, make('summary', { textContent: '邮件 Mail' }), frame)
  details.addEventListener('toggle', () => { if (details.open) frame.srcdoc = mail.Html }, { once: true })
  return make('article', {}, head, details)
}
// What is there stays where it is, open or closed: only the new is added, and the gone taken away.
function update (mails) {
  const keys = new Set(mails.map(keyOf))
  for (const [key, article] of articles) if (!keys.has(key)) { article.remove(); articles.delete(key) }
  for (const mail of mails.toReversed()) {
    const key = keyOf(mail)
    if (articles.has(key)) continue
    articles.set(key, show(mail))
    list.prepend(articles.get(key))
  }
  empty.hidden = mails.length > 0
}
async function refresh () {
  try {
    update((await (await fetch('/dev/mailbox.json')).json()).Mails)
    state.textContent = '自动刷新 · Refreshes by itself'
  } catch { state.textContent = '服务器没有响应 · The server does not answer' }
  setTimeout(refresh, 1500)
}
refresh()`

/** The page of the development mailbox: shows mails as they come, the code of each ready to be copied. */
export const mailboxPage = {
  path: '/dev/mailbox',
  title: '开发邮箱 · Development mailbox',
  style: STYLE,
  body: `<section id="mails" aria-live="polite"></section>
<p id="empty" class="empty" hidden>还没有邮件 · No mail yet</p>`,
  script: SCRIPT
} as const
