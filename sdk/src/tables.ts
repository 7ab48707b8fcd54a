// Made from openapi.yaml by `npm run sdk`.

/** The name of each Code. */
export const keys = {
  200: 'Success',
  201: 'Empty',
  202: 'SuperAdminLogin',
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
  sign: [200, 502, 518, 510, 512],
  verify: [200, 502, 520, 521, 510, 512, 529],
  login: [200, 202, 501, 510, 512, 529],
  resetPassword: [200, 503, 518, 510, 512],
  updatePassword: [200, 503, 520, 521, 510, 512, 529],
  checkToken: [200],
  refresh: [200],
  listSessions: [200],
  revokeSession: [200, 201],
  showProfile: [200],
  changePassword: [200, 501, 510, 512, 529],
  changeEmail: [200, 501, 502, 518, 510, 512, 529],
  confirmEmail: [200, 502, 520, 521, 510, 512],
  exportAccount: [200],
  deleteAccount: [200, 501, 510, 512, 529],
  listUsers: [200, 201],
  showUser: [200, 503],
  changeUser: [200, 503],
  deleteUser: [200, 503, 510, 512],
  revokeUserSessions: [200, 503],
  listEvents: [200, 201],
  health: [200, 510, 512, 529]
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
