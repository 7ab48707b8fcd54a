import t from 'tap'
import { preferredLanguage } from '../../src/accept-language.ts'

t.test('a language asked for again is the same, however many others were asked for between', async t => {
  for (let round = 0; round < 3; round++) {
    t.equal(preferredLanguage(undefined), 'zh')
    t.equal(preferredLanguage('en-GB,zh;q=0.5'), 'en')
    t.equal(preferredLanguage('zh-CN,zh;q=0.9,en;q=0.8'), 'zh')
    t.equal(preferredLanguage(`en,${'fr;q=0.1,'.repeat(50)}de`), 'en')
    t.equal(preferredLanguage(`en,${'fr;q=0.1,'.repeat(500)}de`), 'zh', 'what no client sends is not read')
    for (let i = 0; i < 1_000; i++) preferredLanguage(`en, x-${round}-${i};q=0.5`)
  }
})
