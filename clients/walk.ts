/** What every driver asks for, with the `Code` that comes of it: a whole sign-up, with all that can go wrong in one. */
export const walk = [
  'POST /Auth/Sign 400',
  'POST /Auth/Sign 200',
  'POST /Auth/Sign 429',
  'POST /Auth/Verify 200',
  'POST /Auth/Login 501',
  'POST /Auth/Login 200',
  'GET /CheckJWTToken 200',
  'GET /Auth/Sessions 200',
  'POST /Auth/Logout 200',
  'GET /CheckJWTToken 401',
  'POST /Auth/ResetPassword 200',
  'POST /Auth/UpdatePassword 200',
  'POST /Auth/Login 200',
  'DELETE /Auth/Account 200',
  'POST /Auth/Login 501'
]
