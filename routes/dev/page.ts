import { randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'

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
button:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.empty { padding: 48px 16px; text-align: center; color: var(--soft); border: 1px dashed var(--line); border-radius: 12px }
nav { display: flex; gap: 20px; margin: 0 0 16px; font-size: 14px } nav a { padding: 4px 0; color: var(--soft); text-decoration: none }
nav a[aria-current] { color: var(--accent); font-weight: 600; border-bottom: 2px solid }
a:focus-visible, input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px }`

const TABS = [['/dev/mailbox', '邮件 Mails'], ['/dev/mailbox/previews', '模板 Templates']] as const

/** A page for developers: what it looks like, what stands below the tabs, and what it does. */
interface Page { path: typeof TABS[number][0], title: string, style: string, body: string, script: string }

/** Answers with a page that loads nothing from elsewhere and runs no script but its own. */
export async function sendPage (reply: FastifyReply, { path, title, style, body, script }: Page): Promise<FastifyReply> {
  const nonce = randomBytes(16).toString('base64')
  const tabs = TABS.map(([href, name]) => `<a href="${href}"${href === path ? ' aria-current="page"' : ''}>${name}</a>`).join('')
  return reply
    .header('content-security-policy', `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`)
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}${style}</style>
</head>
<body>
<main>
<header><h1>开发邮箱 · Development mailbox</h1><p id="state" role="status"></p></header>
<nav>${tabs}</nav>
${body}
</main>
<script nonce="${nonce}">${script}</script>
</body>
</html>
`)
}
