const STYLE = `
:root { color-scheme: light dark; --paper: #f6f5fb; --card: #fff; --ink: #26233a; --soft: #6b6880; --line: #e4e2ef; --accent: #5b4fc7 }
@media (prefers-color-scheme: dark) { :root { --paper: #17151f; --card: #211e2c; --ink: #eceaf6; --soft: #a19db8; --line: #353146; --accent: #a79dff } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif }
main { max-width: 720px; margin: 0 auto; padding: 32px 16px }
h1 { margin: 0; font-size: 20px } header p { margin: 4px 0 24px; color: var(--soft) }
article { margin: 0 0 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 16px; padding: 16px }
.head h2 { flex: 1 1 280px; margin: 0; font-size: 16px; overflow-wrap: anywhere } .head h2 small { display: block; color: var(--soft); font-size: 13px; font-weight: 400 }
.head time { white-space: nowrap }
button { min-width: 124px; padding: 8px 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: var(--accent); font: 700 20px/1 ui-monospace, Menlo, Consolas, monospace; letter-spacing: 2px; cursor: pointer }
button:hover { border-color: var(--accent) }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
details { border-top: 1px solid var(--line) } summary { padding: 10px 16px; color: var(--soft); cursor: pointer }
iframe { display: block; width: 100%; height: 360px; border: 0; background: var(--paper) }
.empty { padding: 48px 16px; text-align: center; color: var(--soft); border: 1px dashed var(--line); border-radius: 12px }`

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
    button.onclick = async () => { await navigator.clipboard.writeText(code); button.textContent = '✓'; setTimeout(() => { button.textContent = code }, 900) }
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
export function mailboxPage (nonce: string): string {
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>开发邮箱 · Development mailbox</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>开发邮箱 · Development mailbox</h1><p id="state" role="status"></p></header>
<section id="mails" aria-live="polite"></section>
<p id="empty" class="empty" hidden>还没有邮件 · No mail yet</p>
</main>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`
}
