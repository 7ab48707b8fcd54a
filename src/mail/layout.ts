import type { Language } from '../catalogue.ts'

interface Content { brand: string, title: string, intro: string, /** Set large, on its own. */ code?: string, notes: string[] }

const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI','PingFang SC','Microsoft YaHei',Roboto,Helvetica,Arial,sans-serif"

/** For mail programs in dark mode that read style sheets; the others keep the inline colours. */
const DARK = `:root { color-scheme: light dark }
@media (prefers-color-scheme: dark) {
.paper { background: #17151f !important } .card { background: #211e2c !important } .box { background: #17151f !important }
.ink { color: #eceaf6 !important } .soft { color: #a19db8 !important } .brand { color: #a79dff !important }
}`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as HTML shows it. */
export function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
}

function codeBox (code: string): string {
  return `<tr><td align="center" style="padding:24px 32px"><div class="box ink" style="padding:16px;background:#f1f0f7;border-radius:8px;color:#26233a;font-family:Menlo,Consolas,monospace;font-size:32px;font-weight:700;letter-spacing:6px">${escapeHtml(code)}</div></td></tr>`
}

/** HTML that mail programs agree on: tables and inline styles, no script, no image, nothing loaded from elsewhere. */
export function layout (language: Language, { brand, title, intro, code, notes }: Content): string {
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${DARK}</style>
</head>
<body class="paper" style="margin:0;padding:0;background:#f1f0f7;font-family:${FONT}">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml([code ?? intro, notes[0]].join(' · '))}</div>
<table class="paper" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f1f0f7">
<tr><td align="center" style="padding:32px 16px">
<table class="card" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:480px;background:#ffffff;border-radius:12px">
<tr><td class="brand" style="padding:32px 32px 0;color:#5b4fc7;font-size:18px;font-weight:600">${escapeHtml(brand)}</td></tr>
<tr><td class="ink" style="padding:16px 32px 0;color:#26233a;font-size:16px;line-height:1.6">${escapeHtml(intro)}</td></tr>
${code === undefined ? '<tr><td style="padding:0 0 16px"></td></tr>' : codeBox(code)}
${notes.map(note => `<tr><td class="soft" style="padding:0 32px 8px;color:#6b6880;font-size:13px;line-height:1.6">${escapeHtml(note)}</td></tr>`).join('\n')}
<tr><td style="padding:0 0 24px"></td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}
