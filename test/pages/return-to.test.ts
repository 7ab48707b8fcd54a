import t from 'tap'
import { build, modes } from '../helper.ts'
import { loadConfig } from '../../src/config.ts'

const ALLOWED = 'https://good.example, https://apps.example:8443/dream/, http://localhost:3000, dreamapp://, com.example.dream:/callback, otherapp://auth/done'

const followed: Record<string, string> = {
  'https://good.example': 'https://good.example/',
  'https://good.example/any/path?a=1&b=%20#part': 'https://good.example/any/path?a=1&b=%20#part',
  'HTTPS://GOOD.EXAMPLE/': 'https://good.example/',
  'https://good.example:443/a': 'https://good.example/a',
  'https://good.example/a/../b': 'https://good.example/b',
  'https://apps.example:8443/dream': 'https://apps.example:8443/dream',
  'https://apps.example:8443/dream/welcome': 'https://apps.example:8443/dream/welcome',
  'https://apps.example:8443/other/../dream/welcome': 'https://apps.example:8443/dream/welcome',
  'http://localhost:3000/cb': 'http://localhost:3000/cb',
  'dreamapp://': 'dreamapp://',
  'dreamapp://login/done?x=1': 'dreamapp://login/done?x=1',
  'com.example.dream:/callback': 'com.example.dream:/callback',
  'com.example.dream:/callback/2': 'com.example.dream:/callback/2',
  'otherapp://auth/done?x': 'otherapp://auth/done?x'
}

const refused = [
  // Other places
  'https://evil.example/', 'https://good.example.evil.example/', 'https://evil-good.example/', 'https://sub.good.example/', 'https://good.example./', 'http://good.example/', 'https://good.example:444/',
  'https://apps.example/dream', 'https://apps.example:8443/', 'https://apps.example:8443/dreams', 'http://localhost:3001/', 'http://127.0.0.1:3000/', 'https://localhost:3000/', 'otherapp://auth/', 'otherapp://evil/done', 'com.example.dream:/other', 'otherscheme://x',
  // Addresses that are none, or whose host depends on who reads them
  '', '/', '/account', '//evil.example', '///evil.example', '\\\\evil.example', '/\\evil.example', 'https:evil.example', 'https:/evil.example', 'https:///good.example/', 'https:good.example', 'https:\\\\good.example', 'https://good.example\\@evil.example/', 'https:\\/good.example/', 'good.example',
  'https://good.example@evil.example/', 'https://good.example:pass@evil.example/', 'https://user@good.example/', 'https://@good.example/', 'https://:@good.example/', 'https://evil.example#@good.example/', 'https://evil.example?@good.example/', 'https://evil.example/@good.example',
  'https://good.example%2eevil.example/', 'https://good.example%2f.evil.example/', 'https://good%E3%80%82example.evil.example/', 'https://good。example/', 'https://good．example/', 'https://gооd.example/', 'https://ｇood.example/', 'https://evil.example／.good.example/',
  // What browsers drop or turn around
  'https://good.example/\t', 'ht\ttps://good.example/', 'https://good.exam\nple/', 'https://good.example/\r\nX: y', ' https://good.example/', 'https://good.example/ ', 'https://good.example/a b', 'https://good.example/\u0000', 'https://good.example/\u202e',
  // Ways out of a path
  'https://apps.example:8443/dream/../other', 'https://apps.example:8443/dream/%2e%2e/other', 'https://apps.example:8443/dream/..%2fother', 'https://apps.example:8443/dream/..%5cother', 'https://apps.example:8443/dream%2f..%2fother', 'https://apps.example:8443/dream/%252e%252e/other', 'https://apps.example:8443/dream/..\\other', 'https://apps.example:8443//dream', 'https://apps.example:8443/DREAM',
  // Schemes that run, show or open something else

  'javascript:alert(1)', 'javascript://good.example/%0aalert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'blob:https://good.example/1', 'file:///etc/passwd', 'about:blank', 'dreamapp:alert(1)', 'view-source:https://good.example/', 'intent://good.example/#Intent;scheme=https;end',
  // What we say ourselves
  'https://good.example/?Result=logged_in', 'https://good.example/?a=1&State=x', 'https://good.example/?%52esult=deleted',
  `https://good.example/${'a'.repeat(2_000)}`
]

for (const mode of modes) {
  t.test(`${mode}: people are sent back to allowed addresses alone, exactly as the service has understood them`, async t => {
    const { get } = await build(t, mode, { ACCOUNT_RETURN_TO: ALLOWED })
    const ask = (address: string): ReturnType<typeof get> => get(`/account/return-to.json?ReturnTo=${encodeURIComponent(address)}`)
    for (const [address, url] of Object.entries(followed)) t.match((await ask(address)).body, { Code: 200, ReturnTo: url }, address)
    for (const address of refused) {
      const { status, body } = await ask(address)
      t.ok(status < 500 && body.Code !== 200 && body.ReturnTo === undefined, JSON.stringify(address))
    }
    t.match((await get('/account/return-to.json?ReturnTo=https://good.example/&ReturnTo=https://evil.example/')).body, { Code: 400 }, 'one address')
    t.match((await get('/account/return-to.json')).body, { Code: 400 })
    t.notMatch((await get('/account')).text, /good\.example|apps\.example|dreamapp/, 'the list is nobody\'s to read')
  })
}

t.test('where nothing is allowed nobody is sent anywhere', async t => {
  const { get } = await build(t, 'embedded')
  for (const address of Object.keys(followed)) t.match((await get(`/account/return-to.json?ReturnTo=${encodeURIComponent(address)}`)).body, { Code: 201 }, address)
})

t.test('F1: an address that nobody should be sent to stops the start, naming the key and not the value', async t => {
  const wrong = [
    '*', 'https://*', 'https://*.good.example', 'https:', 'https://', 'good.example', '//good.example', 'http://good.example', 'http://10.0.0.1:3000', 'https://user@good.example', 'https://user:pass@good.example',
    'https://good.example/?a=1', 'https://good.example/#a', 'https://good.example/%2e%2e/a', 'https://good.example\\a', 'https://gооd.example', 'dreamapp:', 'dreamapp', ':', 'ftp://good.example',

    'javascript:alert(1)', 'javascript://', 'javascript:/', 'data:/text', 'data://x', 'blob:/x', 'file:///tmp', 'about:/blank', 'vbscript:/x', 'filesystem:/x', 'view-source:/x', 'intent://x', 'ws://localhost', 'wss://good.example', 'null'
  ]
  for (const entry of wrong) {
    for (const list of [entry, `https://good.example,${entry}`]) {
      t.throws(() => loadConfig({ JWT_SECRET_KEY: 'a key for tests: 9f2b7c41e8d05a63b1f4', ACCOUNT_RETURN_TO: list }), { message: /^ACCOUNT_RETURN_TO must list/ }, list)
    }
  }
})
