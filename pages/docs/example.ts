/** Who walks through the example, as typed into the page. The digest is of the password. */
export interface Person { name: string, email: string, digest: string, code: string }

/** The calls of the worked example, by their operation ids. */
export const STEPS = ['sign', 'verify', 'login', 'checkToken', 'logout'] as const
export type Step = typeof STEPS[number]

/** Bodies that belong together: whoever signs up like this can verify, log in and change the password like this. */
export function bodies ({ name, email, digest, code }: Person) {
  return {
    sign: { Name: name, Email: email, Password: digest },
    verify: { Name: name, Email: email, Password: digest, VerifyCode: code },
    login: { Email: email, Password: digest },
    resetPassword: { Email: email },
    updatePassword: { Email: email, Password: digest, VerifyCode: code },
    changePassword: { OldPassword: digest, NewPassword: digest },
    deleteAccount: { Password: digest }
  }
}

/** One word of a POSIX shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/**
 * What to type into a POSIX shell for a step.
 *
 * @param origin of the service, such as `http://127.0.0.1:8888`
 */
export function curl (step: Step, origin: string, person: Person): string {
  const post = (path: string, body: unknown): string => `curl -s ${origin}${path} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`
  const { sign, verify, login } = bodies(person)
  switch (step) {
    case 'sign': return post('/Auth/Sign', sign)
    case 'verify': return post('/Auth/Verify', verify)
    case 'login': return `TOKEN=$(${post('/Auth/Login', login)} \\\n  | sed -n 's/.*"Token":"\\([^"]*\\)".*/\\1/p')\necho "$TOKEN"`
    case 'checkToken': return `curl -si ${origin}/CheckJWTToken \\\n  -H "Authorization: Bearer $TOKEN"`
    case 'logout': return `curl -s -X POST ${origin}/Auth/Logout \\\n  -H "Authorization: Bearer $TOKEN"`
  }
}
