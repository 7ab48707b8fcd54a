// Made from openapi.yaml by `npm run sdk`.

/** The name of each Code. */
export const keys = {
  200: 'Success',
  201: 'Empty',
  202: 'SuperAdminLogin',
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  413: 'BodyTooLarge',
  415: 'UnsupportedMediaType',
  428: 'CaptchaRequired',
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'LoginFailed',
  502: 'UserExists',
  503: 'UserNotFound',
  510: 'DatabaseUnavailable',
  512: 'CacheUnavailable',
  518: 'MailFailed',
  520: 'CodeWrong',
  521: 'CodeExpired',
  529: 'Busy'
} as const

/** Which Codes each operation may answer. */
export const answers = {
  sign: [200, 502, 518, 400, 413, 415, 428, 429, 500, 510, 512],
  verify: [200, 502, 520, 521, 400, 413, 415, 428, 429, 500, 510, 512, 529],
  login: [200, 202, 501, 400, 413, 415, 428, 429, 500, 510, 512, 529],
  resetPassword: [200, 503, 518, 400, 413, 415, 428, 429, 500, 510, 512],
  updatePassword: [200, 503, 520, 521, 400, 413, 415, 428, 429, 500, 510, 512, 529],
  checkToken: [200, 400, 401, 500, 510],
  refresh: [200, 400, 401, 413, 415, 500, 510],
  logout: [200, 400, 401, 413, 415, 500, 510],
  listSessions: [200, 400, 401, 500, 510],
  revokeSession: [200, 201, 400, 401, 413, 415, 500, 510],
  showProfile: [200, 400, 401, 500, 510],
  changePassword: [200, 501, 400, 401, 413, 415, 428, 429, 500, 510, 512, 529],
  changeEmail: [200, 501, 502, 518, 400, 401, 413, 415, 428, 429, 500, 510, 512, 529],
  confirmEmail: [200, 502, 520, 521, 400, 401, 413, 415, 428, 429, 500, 510, 512],
  exportAccount: [200, 400, 401, 500, 510],
  deleteAccount: [200, 501, 400, 401, 403, 413, 415, 428, 429, 500, 510, 512, 529],
  listUsers: [200, 201, 400, 401, 403, 500, 510],
  showUser: [200, 503, 400, 401, 403, 500, 510],
  changeUser: [200, 503, 400, 401, 403, 413, 415, 500, 510],
  deleteUser: [200, 503, 400, 401, 403, 500, 510, 512],
  revokeUserSessions: [200, 503, 400, 401, 403, 500, 510],
  listEvents: [200, 201, 400, 401, 403, 500, 510],
  health: [200, 400, 500, 510, 512, 529],
  live: [200, 400, 500]
} as const

/** Paths that ask for no token. */
export const openPaths: readonly string[] = [
  '/Auth/Sign',
  '/Auth/Verify',
  '/Auth/Login',
  '/Auth/ResetPassword',
  '/Auth/UpdatePassword',
  '/.well-known/jwks.json',
  '/health',
  '/health/live'
]
