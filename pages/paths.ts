/** Where the pages are: the service serves the same shell at each of these, and the script shows the view. */
export const BASE = '/account'

/** The views, by their paths below `/account`. `*` stands for whatever follows. */
export const VIEWS = ['login', 'sign-up', 'code', 'forgot', 'reset', 'profile', 'password', 'email', 'delete', 'admin', 'admin/*'] as const

/** Where their script and style lie. */
export const ASSETS = `${BASE}/assets`
