import { existsSync, readdirSync } from 'node:fs'
import t from 'tap'
import { catalogue } from '../src/catalogue.ts'
import { settings } from '../src/config.ts'
import { free, limits } from '../src/limits.ts'
import { root } from '../src/root.ts'
import { file } from './helper.ts'

/** The cells of every row of every table. */
const rowsOf = (text: string): string[][] => text.split('\n').filter(line => /^\|.*\|\s*$/.test(line)).map(line => line.trim().slice(1, -1).split(/(?<!\\)\|/).map(cell => cell.trim()))

/** A number is a number, with or without separators. */
const plain = (cell: string): string => cell.replace(/(?<=\d)[,\u202F](?=\d{3})/g, '')

/** What stands between the fences, by language: `sh`, `json` … */
const blocksOf = (text: string): Array<{ language: string, lines: string[] }> => [...text.matchAll(/^```([a-z]*)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({ language, lines: body.trimEnd().split('\n') }))

const headingsOf = (text: string): string[] => text.replace(/^```.*?^```$/gms, '').split('\n').flatMap(line => /^(#+) /.exec(line)?.[1] ?? [])

const readmes = { en: 'README.md', zh: 'README.zh-CN.md' } as const

for (const [language, name] of Object.entries(readmes)) {
  t.test(name, async t => {
    if (!existsSync(new URL(name, root))) return t.fail(`${name} is missing`)
    const text = file(name)
    const rows = rowsOf(text)

    await t.test('lists every setting with its default', async t => {
      for (const [key, { default: fallback }] of Object.entries(settings).map(([key, schema]) => [key, Object(schema)] as const)) {
        const row = rows.find(([first = '']) => first.includes(`\`${key}\``))
        t.ok(row, `${key} has a row`)
        if (fallback !== undefined) t.ok(plain(row?.[1] ?? '').split(/[\s`,，;；、]+/).includes(String(fallback)), `${key}: the second column is its default, ${String(fallback)}`)
      }
    })

    await t.test('lists no setting that there is not', async t => {
      const listed = rows.flatMap(([first = '']) => [...first.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, key]) => key))
      t.same(listed.filter(key => key !== undefined && !(key in settings) && key !== 'FLASK_DEBUG'), [])
    })

    await t.test('lists every Code with its HTTP status and its text, and no other', async t => {
      const codes = rows.filter(([first = '']) => /^`?\d{3}`?$/.test(first))
      for (const [key, entry] of Object.entries(catalogue)) {
        const row = codes.find(([first = '']) => first.includes(String(entry.code)))
        t.match(row?.[1], new RegExp(`^\`?${entry.status}\`?$`), `${key}: ${entry.code} comes with HTTP ${entry.status}`)
        t.ok(row?.slice(2).some(cell => cell.toLowerCase().includes((language === 'zh' ? entry.zh : entry.en).toLowerCase())), `${key}: ${entry.code} is described as the service words it`)
      }
      t.equal(codes.length, Object.keys(catalogue).length)
    })

    await t.test('refers only to files that are there', async t => {
      const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, path = '']) => path)
      t.same(links.filter(path => !existsSync(new URL(path, root))), [])
    })
  })
}

t.test('the two are in step: the same headings and the same commands', async t => {
  if (!Object.values(readmes).every(name => existsSync(new URL(name, root)))) return t.fail('a README is missing')
  const [en, zh] = [file(readmes.en), file(readmes.zh)]
  t.same(headingsOf(zh), headingsOf(en), 'as many headings, at the same levels')
  t.ok(headingsOf(en).length > 5 && blocksOf(en).length > 5)
  t.same(blocksOf(zh).map(({ language, lines }) => [language, lines.length]), blocksOf(en).map(({ language, lines }) => [language, lines.length]), 'as many code blocks, as long')
})

t.test('what an account is called is called one thing in Chinese, wherever it is read', async t => {
  const texts = ['README.zh-CN.md', 'sdk/README.zh-CN.md', 'src/catalogue.ts', 'pages/texts/zh.ts', 'pages/admin/zh.ts', 'pages/docs/texts.ts', ...readdirSync(new URL('templates/zh', root)).map(name => `templates/zh/${name}`)]
  for (const name of texts) t.notMatch(file(name), /(?<!SMTP )用户名/, `${name} says 昵称`)
})

t.test('.env.example', async t => {
  if (!existsSync(new URL('.env.example', root))) return t.fail('.env.example is missing')
  const keys = [...file('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, key = '']) => key)
  t.same(keys.filter(key => !(key in settings)), [], 'sets nothing that there is not')
  t.same(Object.keys(settings).filter(key => !keys.includes(key)), [], 'shows every setting')
})

for (const [heading, table] of [['Throttling table', limits], ['Proof of work', free]] as const) {
  t.test(`docs/SECURITY-MODEL.md, ${heading}: lists every limit with its numbers, and no other`, async t => {
    const spans: Record<string, number> = { '1 minute': 60, '15 minutes': 900, '1 hour': 3_600, '1 day': 86_400, '1 week': 604_800 }
    const [, section = ''] = new RegExp(`^### ${heading}$(.*?)^### `, 'ms').exec(file('docs/SECURITY-MODEL.md')) ?? []
    const listed = rowsOf(section).flatMap(([first = '', , most = '', within = '']) => {
      const [, name] = /^`([a-z-]+)`$/.exec(first) ?? []
      const [span = '', streak] = within.split(', ')
      return name === undefined ? [] : [{ name, points: Number(plain(most)), seconds: spans[span], streak: streak === 'a streak' }]
    })
    t.strictSame(listed, Object.values(table).flat().map(({ name, points, seconds, ...rest }) => ({ name, points, seconds, streak: 'streak' in rest })))
  })
}
