import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { forgetAccount } from './account.ts'
import { AppContext, type AppState } from './app-context.ts'
import { auth, speak } from './auth.ts'
import { Frame } from './frame.tsx'
import { chooseLanguage, remember, texts, type Language } from './language.ts'
import { askReturn, hasReturn, returnAddress, type Result, type Return } from './return.ts'
import { usePlace } from './router.ts'
import { settings } from './settings.ts'
import { Content } from './views/content.tsx'
import { Leaving } from './views/leaving.tsx'

/** Views for whoever is logged in. */
const GUARDED = /^(?:profile|password|email|delete|admin(?:\/.*)?)$/

/** Everything on the page: who is here, which view is shown, and where it goes in the end. */
export function App (): JSX.Element {
  const { path, go: move } = usePlace()
  const [language, setLanguage] = useState<Language>(chooseLanguage)
  const [signedIn, setSignedIn] = useState<boolean>()
  const [notice, setNotice] = useState('')
  const [back, setBack] = useState<Return>(hasReturn() ? 'asking' : 'none')
  const [leaving, setLeaving] = useState<string>()
  /** Counts whoever was here: what one person was shown and has typed is not for the next. */
  const [visitor, setVisitor] = useState(0)
  const returning = useRef<Promise<Return>>(Promise.resolve('none'))
  const logoutExpected = useRef(false)
  const t = texts[language]

  function ask (): Promise<Return> {
    returning.current = askReturn()
    returning.current.then(setBack)
    return returning.current
  }

  useEffect(() => {
    document.documentElement.lang = t.lang
    speak(language)
  }, [language])

  useEffect(() => {
    ask()
    auth.signedIn().then(setSignedIn)
    const changed = (now: boolean): void => {
      forgetAccount()
      setVisitor(count => count + 1)
      setSignedIn(now)
    }
    // Back from elsewhere, a browser may show the page as it was left: what happened meanwhile it has not been told.
    const shown = ({ persisted }: PageTransitionEvent): void => {
      if (!persisted) return
      setLeaving(undefined)
      auth.signedIn().then(changed)
    }
    const connected = async (): Promise<void> => { if (await returning.current === 'asking') ask() }
    addEventListener('pageshow', shown)
    addEventListener('online', connected)
    const unwatch = auth.onChange(changed)
    return () => {
      removeEventListener('pageshow', shown)
      removeEventListener('online', connected)
      unwatch()
    }
  }, [])

  const guarded = GUARDED.test(path)
  useEffect(() => {
    if (signedIn !== false || !guarded) return
    const meant = logoutExpected.current
    logoutExpected.current = false
    if (meant) return
    move(`login?${new URLSearchParams({ Next: path })}`, { replace: true })
    setNotice(wasSignedIn.current ? t.profile.over : '')
  }, [signedIn, guarded, path])

  const wasSignedIn = useRef(false)
  useEffect(() => { if (signedIn === true) wasSignedIn.current = true }, [signedIn])

  const go: AppState['go'] = (to, options) => {
    setNotice('')
    move(to, options)
  }
  async function finish (result: Result, view: string, text: string): Promise<void> {
    const asked = await returning.current
    // The network that failed then has just brought what the person came for.
    const where = asked === 'asking' ? await ask() : asked
    if (where === 'asking') setBack('refused')
    if (typeof where === 'object') {
      const address = returnAddress(where.url, result)
      setLeaving(address)
      location.assign(address)
    } else {
      go(view, { replace: true })
      setNotice(text)
    }
  }

  const state = useMemo<AppState>(() => ({
    t,
    language,
    brand: settings.brand[language],
    setLanguage (chosen) {
      remember(chosen)
      setLanguage(chosen)
    },
    signedIn,
    path,
    go,
    say: setNotice,
    back,
    finish: (result, view, text) => { finish(result, view, text) },
    expectLogout: expected => { logoutExpected.current = expected }
  }), [language, signedIn, path, back])

  return (
    <AppContext.Provider value={state}>
      <Frame notice={notice}>
        {leaving !== undefined && typeof back === 'object' ? <Leaving address={leaving} name={back.name} /> : signedIn === undefined || (guarded && !signedIn) ? <p class='loading'>{t.loading}</p> : <Content key={guarded ? `${visitor} ${path}` : path} />}
      </Frame>
    </AppContext.Provider>
  )
}
