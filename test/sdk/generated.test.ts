import t from 'tap'
import { catalogue } from '../../src/catalogue.ts'
import { root } from '../../src/root.ts'
import { createDreamAuth } from '../../sdk/src/index.ts'
import { answers, keys } from '../../sdk/src/tables.ts'
import { file } from '../helper.ts'

t.test('what of the client is made from openapi.yaml is what the document says', async t => {
  const { generated }: { generated: () => Promise<Record<string, string>> } = await import(new URL('sdk/generate.mjs', root).href)
  for (const [name, text] of Object.entries(await generated())) t.ok(file(`sdk/src/${name}`) === text, `sdk/src/${name} is out of date: npm run sdk`)
})

t.test('every Code of an operation has the name of the catalogue', async t => {
  t.ok(Object.keys(answers).length > 20)
  for (const code of Object.values(answers).flat()) {
    const name = keys[code]
    t.equal(catalogue[name].code, code)
  }
})

t.test('every operation whose answers are envelopes has a method of its name, but for the probes', async t => {
  const auth = createDreamAuth({ baseUrl: 'http://127.0.0.1:1' })
  const methods = [...Object.keys(auth), ...Object.keys(auth.admin)]
  t.same(Object.keys(answers).filter(name => !methods.includes(name)), ['health', 'live'])
  for (const readme of ['sdk/README.md', 'sdk/README.zh-CN.md']) {
    t.same(methods.filter(name => name !== 'admin' && !new RegExp(`\`(admin\\.)?${name}(\\(|\`)`).test(file(readme))), [], `${readme} names each`)
  }
})
