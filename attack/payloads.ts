// What a hostile client sends. Each makes one body of a sound one, which only its one bad thing spoils.

type Spoil = (body: Record<string, unknown>) => string | Buffer

const json = (body: Record<string, unknown>, change: Record<string, unknown>): string => JSON.stringify({ ...body, ...change })
/** Puts text before the closing brace. */
const also = (body: Record<string, unknown>, text: string): string => `${JSON.stringify(body).slice(0, -1)},${text}}`

export const coercions: Spoil[] = [
  ...[null, 1, true, [], {}, ['a@example.com'], { $ne: null }, { $gt: '' }, { toString: 'a@example.com' }, { length: 5 }, 1e308, [['a@example.com']]].map((Email): Spoil => body => json(body, { Email })),
  ...['Role', 'role', 'UserID', 'isAdmin', 'email', 'EMAIL', 'Email ', 'constructor', 'toString', '$where', ''].map((name): Spoil => body => json(body, { [name]: 'x' })),
  body => JSON.stringify([body]), () => 'null', () => '"text"', () => '1', () => '[]', () => '{}', body => json(body, { Password: 12345678 }), body => JSON.stringify(JSON.stringify(body))
]

export const repeated: Spoil[] = [
  body => also(body, '"Email":"other@example.com"'), body => also(body, '"\\u0045mail":"other@example.com"'), body => also(body, '"Email":null'),
  body => also(body, '"__proto__":{"Role":"super_admin"}'), body => also(body, '"\\u005f_proto__":{}'), body => also(body, '"constructor":{"prototype":{"Role":"super_admin"}}'),
  body => json(body, { Email: 'a\u0000@example.com' }), body => also(body, '"x":"\\u0000"'), body => also(body, '"x":"\\ud800"'), body => also(body, '"\\udc00":"x"'), body => JSON.stringify(body).replace('@', '\\ud83d@')
]

export const sized: Spoil[] = [
  body => json(body, { Email: 'a'.repeat(16_384) }), body => JSON.stringify(body).padEnd(16_385, ' '), body => also(body, `"x":${'['.repeat(7_000)}${']'.repeat(7_000)}`), () => '['.repeat(16_000), () => '{"a":'.repeat(3_000),
  body => also(body, Array.from({ length: 900 }, (_, i) => `"x${i}":1`).join()), body => json(body, { Email: `${'a'.repeat(90)}@example.com` }), body => also(body, `"x":${'9'.repeat(10_000)}`), body => json(body, { Email: '\u0301'.repeat(5_000) })
]

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le')

export const crooked: Spoil[] = [
  body => utf16(JSON.stringify(body)), body => Buffer.concat([Buffer.from(JSON.stringify(body).slice(0, -1)), Buffer.from([0x2c, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])]), body => Buffer.from(JSON.stringify(body).replace('@', '\u00e9@'), 'latin1'),
  body => Buffer.concat([Buffer.from(JSON.stringify(body)), Buffer.from([0])]), body => `${JSON.stringify(body)}{}`, body => `/**/${JSON.stringify(body)}`, body => JSON.stringify(body).replaceAll('"', "'"), body => `${JSON.stringify(body).slice(0, -1)},}`,
  () => '', () => ' ', () => '{', () => '{"Email":NaN}', () => '{"Email":undefined}', body => `)]}'${JSON.stringify(body)}`, body => Buffer.from(JSON.stringify(body)).subarray(0, -1)
]

export const types: Array<Record<string, string>> = [
  'text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'application/json; charset=utf-16', 'application/json; charset=gbk', 'application/json; charset="utf-7"', 'application/json;charset=latin1',
  'application/jsonp', 'application/ld+json', 'application/json, text/plain', 'text/plain; application/json', '*/*', 'application/', 'json', ''
].map((type): Record<string, string> => ({ 'content-type': type }))

export const addresses = [
  '"a b"@example.com', '"a"@example.com', 'a(comment)@example.com', 'a@(comment)example.com', 'group:a@example.com,b@example.com;', 'a@example.com,b@example.com', 'a@example.com;b@example.com', 'a@example.com b@example.com', 'A <a@example.com>', '<a@example.com>',
  'a@example.com\r\nBcc: evil@example.com', 'a@example.com\nRCPT TO:<evil@example.com>', 'a\r\n@example.com', 'a@example.com%0d%0aBcc:evil@example.com', 'a@example.com\u2028b', '@relay.example:a@example.com', 'a@[127.0.0.1]', 'a@[IPv6:::1]', 'a@localhost', 'a@127.0.0.1.', 'a@@example.com', 'a@b@example.com',
  '\u0430lice@example.com', 'alice@ex\u0430mple.com', '\uff41lice@example.com', 'alice@example\u3002com', 'alice@\u202eexample.com', 'al\u0131ce@example.com', '\u212aate@example.com', 'alice\u200b@example.com', 'stra\u00dfe@example.com', 'alice@example.com\u0000.evil.example', '.a@example.com', 'a.@example.com', 'a..b@example.com',
  'a@.example.com', 'a@example..com', 'a@-example.com', 'a@example-.com', 'a@example', '@example.com', 'a@', 'a', '', ' ', `${'a'.repeat(89)}@example.com`, `a@${'b'.repeat(64)}.com`, 'a\\@example.com', 'a@exam_ple.com', 'a@example.com/../x', 'mailto:a@example.com', '=?utf-8?q?a?=@example.com,'
]

export const names = [
  'Eve\r\nBcc: evil@example.com', 'Eve\nSubject: evil', 'Eve\u2028evil', '<script>evil</script>', '"><img src=x onerror=evil>', '{{evil}}', '#{evil}', '%0d%0aBcc: evil@example.com', '=?utf-8?q?evil?=', 'Eve <evil@example.com>', '\u202eevil', 'evil\u0000', 'evil\u0007', '../../evil', "evil' OR '1'='1", '\ud83d\ude08 evil', 'e\u0301'.repeat(25) + ' evil', '[evil](https://evil.example)'
]
