import type { Key } from '../catalogue.ts'

/** What each answer means to a client, for the document. */
export const meanings: Record<Key, string> = {
  Success: 'It worked.',
  Empty: 'A list or a look-up found nothing.',
  SuperAdminLogin: 'As `Success`, and the account is a super administrator.',
  BadRequest: 'The request is not as it should be: `Details` names each refused field. A common password is one.',
  Unauthorized: 'There is no token, or it is malformed, expired, revoked or wrongly signed: log in again.',
  Forbidden: 'The account is no super administrator; or this would remove the last one.',
  NotFound: 'There is no such path.',
  MethodNotAllowed: 'The path takes other methods, which `Allow` lists.',
  BodyTooLarge: 'The body has more than 16 KiB.',
  UnsupportedMediaType: 'The body is something other than `application/json` in UTF-8.',
  CaptchaRequired: 'The network has failed some times: solve `Challenge`, and repeat the request with the solution in the header `X-Captcha`. Only where the operator has turned that on.',
  TooManyRequests: 'It was tried too often: try again after `RetryAfter` seconds.',
  InternalError: 'A defect of the service. What went wrong is in its log, under the id of the request.',
  LoginFailed: 'The password is wrong, or the account is unknown or disabled: which of these is not told.',
  UserExists: 'The e-mail address or the name is taken: `Field` says which.',
  UserNotFound: 'There is no such account.',
  DatabaseUnavailable: 'The database is away for the moment: try again after `Retry-After` seconds.',
  CacheUnavailable: 'Redis is away for the moment: try again after `Retry-After` seconds.',
  MailFailed: 'The mail could not be sent. Its code is void, and another may be asked for at once.',
  CodeWrong: 'The code is wrong. Five wrong ones make the right one void.',
  CodeExpired: 'The code has expired, was used up, is void, or was never mailed: ask for another.',
  Busy: 'The queue of password hashes is full, or the service is about to stop: try again after `Retry-After` seconds.'
}
