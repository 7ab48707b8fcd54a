import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { LazyAdministration } from '../admin/lazy.tsx'
import { useApp } from '../app-context.ts'
import { Link, View } from '../view.tsx'
import { ChangeEmail } from './change-email.tsx'
import { ChangePassword } from './change-password.tsx'
import { Code } from './code.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { Forgot } from './forgot.tsx'
import { Login } from './login.tsx'
import { Profile } from './profile.tsx'
import { Reset } from './reset.tsx'
import { SignUp } from './sign-up.tsx'

const views: Record<string, () => JSX.Element> = {
  login: Login,
  'sign-up': SignUp,
  code: Code,
  forgot: Forgot,
  reset: Reset,
  profile: Profile,
  password: ChangePassword,
  email: ChangeEmail,
  delete: DeleteAccount
}

function NotFound (): JSX.Element {
  const { t } = useApp()
  return (
    <View title={t.notFound.title}>
      <p class='text'>{t.notFound.text}</p>
      <p class='aside'><Link to=''>{t.notFound.home}</Link></p>
    </View>
  )
}

/** `/account` itself: wherever the person belongs. */
function Home (): JSX.Element {
  const { signedIn, go, t } = useApp()
  useEffect(() => { go(signedIn === true ? 'profile' : 'login', { replace: true }) }, [])
  return <p class='loading'>{t.loading}</p>
}

/** The view of the path. */
export function Content (): JSX.Element {
  const { path } = useApp()
  if (/^admin(?:\/|$)/.test(path)) return <LazyAdministration />
  const Shown = path === '' ? Home : views[path] ?? NotFound
  return <Shown />
}
