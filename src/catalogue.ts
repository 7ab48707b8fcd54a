/** Languages of `Msg`, `Reason` and the mails. Chinese is the default. */
export type Language = 'zh' | 'en'
type Text = Record<Language, string>

interface Entry extends Text {
  /** What was decided: the `Code` of the envelope. Once released, a number keeps its meaning. */
  code: number
  /** Whether the request could be processed: the HTTP status. */
  status: number
  /** Seconds for the `Retry-After` header where the entry itself knows them. */
  retryAfter?: number
}

/** Every answer the service gives, once. It feeds the envelope, the OpenAPI document and the docs. */
export const catalogue = {
  Success: { code: 200, status: 200, zh: '成功', en: 'Success' },
  Empty: { code: 201, status: 200, zh: '结果为空', en: 'Nothing found' },
  SuperAdminLogin: { code: 202, status: 200, zh: '超级管理员登录', en: 'Logged in as super administrator' },
  BadRequest: { code: 400, status: 400, zh: '请求参数错误', en: 'Bad request' },
  Unauthorized: { code: 401, status: 401, zh: '认证失败', en: 'Authentication failed' },
  Forbidden: { code: 403, status: 403, zh: '无权限', en: 'Forbidden' },
  NotFound: { code: 404, status: 404, zh: '接口不存在', en: 'No such endpoint' },
  MethodNotAllowed: { code: 405, status: 405, zh: '请求方法不允许', en: 'Method not allowed' },
  BodyTooLarge: { code: 413, status: 413, zh: '请求体过大', en: 'Request body too large' },
  UnsupportedMediaType: { code: 415, status: 415, zh: '不支持的媒体类型', en: 'Unsupported media type: send application/json' },
  CaptchaRequired: { code: 428, status: 428, zh: '需要完成人机验证', en: 'Proof of work required' },
  TooManyRequests: { code: 429, status: 429, zh: '请求过于频繁', en: 'Too many requests' },
  InternalError: { code: 500, status: 500, zh: '服务器内部错误', en: 'Internal server error' },
  LoginFailed: { code: 501, status: 200, zh: '登录失败', en: 'Login failed' },
  UserExists: { code: 502, status: 200, zh: '用户已存在', en: 'User already exists' },
  UserNotFound: { code: 503, status: 200, zh: '用户不存在', en: 'No such user' },
  DatabaseUnavailable: { code: 510, status: 503, zh: '数据库连接错误', en: 'Database unavailable', retryAfter: 2 },
  CacheUnavailable: { code: 512, status: 503, zh: '缓存服务连接错误', en: 'Cache service unavailable', retryAfter: 2 },
  MailFailed: { code: 518, status: 200, zh: '邮件发送失败', en: 'The mail could not be sent' },
  CodeWrong: { code: 520, status: 200, zh: '验证码错误', en: 'Wrong verification code' },
  CodeExpired: { code: 521, status: 200, zh: '验证码过期', en: 'Verification code expired' },
  Busy: { code: 529, status: 503, zh: '服务繁忙', en: 'Service busy', retryAfter: 5 }
} as const satisfies Record<string, Entry>

export type Key = keyof typeof catalogue

/** Why a field was refused. `{limit}` is filled in from the violated bound, which may be a list. */
export const reasons = {
  Required: { zh: '缺少该字段', en: 'is required' },
  Unknown: { zh: '未知字段', en: 'is not a known field' },
  Duplicate: { zh: '字段重复', en: 'is given more than once' },
  String: { zh: '必须是字符串', en: 'must be a string' },
  Boolean: { zh: '必须是 true 或 false', en: 'must be true or false' },
  Integer: { zh: '必须是整数', en: 'must be an integer' },
  OneOf: { zh: '只能是下列之一：{limit}', en: 'must be one of {limit}' },
  TooSmall: { zh: '不能小于 {limit}', en: 'must be at least {limit}' },
  TooLarge: { zh: '不能大于 {limit}', en: 'must be at most {limit}' },
  Object: { zh: '必须是 JSON 对象', en: 'must be a JSON object' },
  TooShort: { zh: '至少 {limit} 个字符', en: 'must have at least {limit} characters' },
  TooMany: { zh: '最多 {limit} 个', en: 'must be at most {limit} in number' },
  TooLong: { zh: '最多 {limit} 个字符', en: 'must have at most {limit} characters' },
  Email: { zh: '邮箱格式不正确', en: 'must be an e-mail address like alice@example.com' },
  Name: { zh: '不能包含控制字符', en: 'must not contain control characters' },
  VerifyCode: { zh: '必须是 6 位数字', en: 'must be six digits' },
  SessionID: { zh: '必须是会话编号', en: 'must be the id of a session' },
  Limit: { zh: '必须是 1 到 100 的整数', en: 'must be an integer from 1 to 100' },
  Since: { zh: '必须是 2026-11-25T08:30:00Z 这样的时间', en: 'must be a time like 2026-11-25T08:30:00Z' },
  Until: { zh: '必须是 2026-11-25T08:30:00Z 这样的时间', en: 'must be a time like 2026-11-25T08:30:00Z' },
  Digest: { zh: '必须是 64 位十六进制的 SM3 摘要', en: 'must be an SM3 digest of 64 hexadecimal digits' },
  Common: { zh: '密码过于常见，或与邮箱、昵称太接近，请换一个', en: 'is a common password or too close to your name or address: choose another' },
  Json: { zh: '不是合法的 JSON', en: 'is not valid JSON' },
  Text: { zh: '包含非法字符', en: 'contains a character that is not allowed' },
  Invalid: { zh: '格式不正确', en: 'is not valid' }
} as const satisfies Record<string, Text>

/** One refused field: becomes `{ Field, Reason }` in `Details`. */
export interface Refusal {
  field: string
  reason: keyof typeof reasons
  limit?: number | string
}

interface FailureFields {
  /** Code 400: the refused fields. */
  refusals?: Refusal[]
  /** Code 502: which of the two is taken. */
  Field?: 'Email' | 'Name'
  /** Code 428: the challenge to solve. */
  Challenge?: object
  /** Code 429: seconds until it is worth trying again. */
  RetryAfter?: number
  /** Why, in a word for the audit trail. Never sent. Codes 428 and 429 have it the first time that a limit refuses, and a mere cooldown never. */
  audit?: string
  /** Code 429: which limit refuses. Never sent. */
  limit?: string
}

/** A decision against the request, named by its catalogue key; `plugins/envelope.ts` turns it into the answer. */
export class Failure extends Error {
  readonly key: Key
  readonly fields: FailureFields

  constructor (key: Key, fields: FailureFields, cause?: unknown) {
    super(catalogue[key].en, { cause })
    this.name = 'Failure'
    this.key = key
    this.fields = fields
  }
}

/** Makes a renderable error: `throw fail('CodeExpired')`. The cause is logged and never sent. */
export function fail (key: Key, fields: FailureFields = {}, cause?: unknown): Failure {
  return new Failure(key, fields, cause)
}
