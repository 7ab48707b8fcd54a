import t from 'tap'
import { catalogue, Failure, fail, reasons, type Key } from '../src/catalogue.ts'

/** As released. A number once given to the world is never changed; an entry may only be added. */
const released: Record<Key, [code: number, status: number, zh: string]> = {
  Success: [200, 200, '成功'],
  Empty: [201, 200, '结果为空'],
  SuperAdminLogin: [202, 200, '超级管理员登录'],
  BadRequest: [400, 400, '请求参数错误'],
  Unauthorized: [401, 401, '认证失败'],
  Forbidden: [403, 403, '无权限'],
  NotFound: [404, 404, '接口不存在'],
  MethodNotAllowed: [405, 405, '请求方法不允许'],
  BodyTooLarge: [413, 413, '请求体过大'],
  UnsupportedMediaType: [415, 415, '不支持的媒体类型'],
  CaptchaRequired: [428, 428, '需要完成人机验证'],
  TooManyRequests: [429, 429, '请求过于频繁'],
  InternalError: [500, 500, '服务器内部错误'],
  LoginFailed: [501, 200, '登录失败'],
  UserExists: [502, 200, '用户已存在'],
  UserNotFound: [503, 200, '用户不存在'],
  DatabaseUnavailable: [510, 503, '数据库连接错误'],
  CacheUnavailable: [512, 503, '缓存服务连接错误'],
  MailFailed: [518, 200, '邮件发送失败'],
  CodeWrong: [520, 200, '验证码错误'],
  CodeExpired: [521, 200, '验证码过期'],
  Busy: [529, 503, '服务繁忙']
}

const keys = Object.keys(catalogue) as Key[]

t.test('every entry keeps its Code, its HTTP status and its Chinese text', async t => {
  t.same(Object.fromEntries(Object.entries(catalogue).map(([key, { code, status, zh }]) => [key, [code, status, zh]])), released)
})

t.test('no two entries share a Code or a text', async t => {
  for (const field of ['code', 'zh', 'en'] as const) t.equal(new Set(keys.map(key => catalogue[key][field])).size, keys.length, field)
})

t.test('every entry and every reason is there in Chinese and in English', async t => {
  for (const [key, { zh, en }] of [...Object.entries(catalogue), ...Object.entries(reasons)]) {
    t.match(zh, /\p{Script=Han}/u, `${key} in Chinese`)
    t.match(en, /^[ -~]+$/, `${key} in English`)
    t.equal(zh.includes('{limit}'), en.includes('{limit}'), `${key} names its bound in both or neither`)
  }
})

t.test('what was decided never makes a load balancer eject a healthy server: an HTTP 5xx is a failure of ours or of a dependency', async t => {
  t.same(keys.filter(key => catalogue[key].status >= 500), ['InternalError', 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'])
})

t.test('whoever is told to come later is told when', async t => {
  for (const key of keys) {
    const { status, ...entry } = catalogue[key]
    if (status === 503) t.ok('retryAfter' in entry && entry.retryAfter > 0, key)
  }
})

t.test('a failure carries its entry, its fields and its cause', async t => {
  const cause = new Error('the reason')
  const failure = fail('UserExists', { Field: 'Name' }, cause)
  t.ok(failure instanceof Failure && failure instanceof Error)
  t.match(failure, { key: 'UserExists', fields: { Field: 'Name' }, message: catalogue.UserExists.en, name: 'Failure' })
  t.equal(failure.cause, cause)
  t.same(fail('Busy').fields, {})
})
