import type { JSX } from 'preact'
import { isAccount, useAccount } from '../account.ts'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { PasswordField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { refusalOf } from '../problems.ts'
import { BackLink, View } from '../view.tsx'

export function ChangePassword (): JSX.Element {
  const { t, go, say } = useApp()
  const account = useAccount()
  const owner = isAccount(account) ? account : undefined
  const form = useForm({ OldPassword: '', NewPassword: '' }, { OldPassword: checks.password, NewPassword: checks.newPassword }, async ({ OldPassword, NewPassword }) => {
    if (OldPassword === NewPassword) return { fields: { NewPassword: t.checks.same } }
    const result = await auth.changePassword({ OldPassword, NewPassword })
    if (!result.ok) return result.error === 'LoginFailed' ? { fields: { OldPassword: t.errors.PasswordWrong } } : refusalOf(result, t)
    // A copy of the token that somebody has is then good for thirty seconds more, and not for as long as ours.
    await auth.refresh()
    go('profile', { replace: true })
    say(t.password.done)
  })
  return (
    <View title={t.password.title}>
      <p class='text'>{t.password.note}</p>
      <Form form={form} submit={t.password.submit}>
        <input class='unseen' type='email' name='Email' autocomplete='username' value={owner?.Email ?? ''} readOnly tabIndex={-1} aria-hidden='true' />
        <PasswordField form={form} name='OldPassword' label={t.fields.OldPassword} />
        <PasswordField form={form} name='NewPassword' label={t.fields.NewPassword} chosenBy={[owner?.Name ?? '', owner?.Email ?? '']} />
      </Form>
      <BackLink to='profile'>{t.back}</BackLink>
    </View>
  )
}
