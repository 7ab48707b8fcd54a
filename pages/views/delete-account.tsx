import type { JSX } from 'preact'
import { isAccount, useAccount } from '../account.ts'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { Checkbox, PasswordField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { refusalOf } from '../problems.ts'
import { BackLink, View } from '../view.tsx'

export function DeleteAccount (): JSX.Element {
  const { t, finish, expectLogout } = useApp()
  const account = useAccount()
  const form = useForm({ Password: '', Accept: '' }, { Password: checks.password, Accept: (value, t) => value === 'yes' ? undefined : t.checks.accept }, async ({ Password }) => {
    expectLogout(true)
    const result = await auth.deleteAccount({ Password })
    if (result.ok) return finish('deleted', 'login', t.delete.done)
    expectLogout(false)
    if (result.error === 'LoginFailed') return { fields: { Password: t.errors.PasswordWrong } }
    return result.error === 'Forbidden' ? { problem: { error: 'LastAdmin' } } : refusalOf(result, t)
  })
  return (
    <View title={t.delete.title}>
      <p class='text'>{t.delete.warning}</p>
      <p class='text'>{t.delete.keep}</p>
      {isAccount(account) && <p class='text'><strong dir='ltr'>{account.Email}</strong></p>}
      <Form form={form} submit={t.delete.submit} danger>
        <PasswordField form={form} name='Password' label={t.fields.OldPassword} />
        <Checkbox form={form} name='Accept' label={t.delete.accept} />
      </Form>
      <BackLink to='profile'>{t.back}</BackLink>
    </View>
  )
}
