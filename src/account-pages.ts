import { readFile } from 'node:fs/promises'
import { brandOf, type Brand } from './brand.ts'
import type { Config } from './config.ts'
import { escapeHtml } from './escape-html.ts'
import { root } from './root.ts'
import { sendStatic, staticFile, type StaticFile } from './static-files.ts'

/** The pages as they are served. */
export interface AccountPages {
  shell: StaticFile
  /** Script and style, by name. */
  files: ReadonlyMap<string, StaticFile>
  send: typeof sendStatic
}

/** What `pages/build.mjs` writes down of what it built. */
interface Manifest { script: string, style: string, preload: string[], files: string[] }

function isManifest (value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'script' in value && 'style' in value && 'files' in value && Array.isArray(value.files) && 'preload' in value && Array.isArray(value.preload)
}

const folder = new URL('dist/pages/', root)
const TYPES: Record<string, string> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' }

async function readFileOf (name: string): Promise<StaticFile> {
  const [bytes, br, gzip] = await Promise.all([name, `${name}.br`, `${name}.gz`].map(each => readFile(new URL(each, folder))))
  return await staticFile(TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream', bytes ?? Buffer.of(), { ...(br && { br }), ...(gzip && { gzip }) })
}

/** A crescent upon the colour of the brand. */
const icon = (color: string): string => "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='9' fill='COLOUR'/%3E%3Cpath d='M21 20.5A8.5 8.5 0 0 1 12.2 8a9 9 0 1 0 12 12 8.6 8.6 0 0 1-3.2.5z' fill='%23f6f1dc'/%3E%3C/svg%3E".replace('COLOUR', encodeURIComponent(color))

/** One document for every path. What the script has to know of the service comes along, so that it asks for nothing before it shows something. */
function shellOf ({ script, style, preload }: Manifest, settings: Record<string, unknown>, { name, color }: Brand): string {
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#ece9f7" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#100e1c" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<meta name="dream-settings" content="${escapeHtml(JSON.stringify(settings))}">
<title>${escapeHtml(name.zh)}</title>
<link rel="icon" href="${icon(color)}">
<link rel="stylesheet" href="/account/assets/${style}">
${preload.map(name => `<link rel="modulepreload" href="/account/assets/${name}">\n`).join('')}<script type="module" src="/account/assets/${script}"></script>
</head>
<body>
<div id="page"><p class="late">页面没有加载完成，请刷新重试。<br><span lang="en">The page did not load: please reload it.</span></p></div>
<noscript><p class="late">此页面需要 JavaScript。<br><span lang="en">This page needs JavaScript.</span></p></noscript>
</body>
</html>
`
}

/**
 * Reads what the build made.
 *
 * @param mailbox whether mails can be read at `/dev/mailbox`
 */
export async function readAccountPages (config: Config, mailbox: boolean): Promise<AccountPages> {
  const manifest: unknown = JSON.parse(await readFile(new URL('manifest.json', folder), 'utf8'))
  if (!isManifest(manifest)) throw new Error('dist/pages/manifest.json is not what pages/build.mjs writes')
  const brand = brandOf(config)
  const settings = { brand: brand.name, light: brand.light, dark: brand.dark, cooldown: config.VERIFY_CODE_COOLDOWN, codeMinutes: Math.max(1, Math.floor(config.VERIFY_CODE_TTL / 60)), mailbox }
  const files = await Promise.all(manifest.files.map(async name => [name, await readFileOf(name)] as const))
  const shell = await staticFile('text/html; charset=utf-8', Buffer.from(shellOf(manifest, settings, brand)))
  return { shell, files: new Map(files), send: sendStatic }
}
