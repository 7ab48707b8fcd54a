import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { PasswordField, TextField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { chosenPassword, pending } from '../pending.ts'
import { refusalOf } from '../problems.ts'
import { Link, View } from '../view.tsx'
import { Cancel } from './cancel.tsx'

export function SignUp (): JSX.Element {
  const { t, go } = useApp()
  const before = pending('sign-up').read()
  const form = useForm({ Name: before?.Name ?? '', Email: before?.Email ?? '', Password: '' }, { Name: checks.name, Email: checks.email, Password: checks.newPassword }, async values => {
    const [Name, Email] = [values.Name.trim(), checks.addressOf(values.Email)]
    const result = await auth.sign({ Name, Email, Password: values.Password })
    if (!result.ok) return refusalOf(result, t)
    pending('sign-up').write({ Name, Email, sentAt: Date.now() })
    chosenPassword.set(values.Password)
    go('code')
  })
  return (
    <View title={t.signUp.title}>
      <Form form={form} submit={t.signUp.submit}>
        <TextField form={form} name='Name' label={t.fields.Name} autocomplete='nickname' hint={t.fields.nameHint} />
        <TextField form={form} name='Email' label={t.fields.Email} type='email' autocomplete='username' hint={t.signUp.note} />
        <PasswordField form={form} name='Password' label={t.fields.Password} chosenBy={[form.values.Name, form.values.Email]} />
      </Form>
      <p class='aside'>{t.signUp.have} <Link to='login'>{t.signUp.login}</Link></p>
      <Cancel />
    </View>
  )
}
