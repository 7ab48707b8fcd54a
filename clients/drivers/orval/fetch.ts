/** Where requests go, and with which token. */
export const target = { baseUrl: '', token: '' }

/** Sends what a generated function asks for. Its answer says the HTTP status beside the data. */
export async function send<Answer> (url: string, options: RequestInit): Promise<Answer> {
  const headers = new Headers(options.headers)
  if (target.token !== '') headers.set('Authorization', `Bearer ${target.token}`)
  const response = await fetch(target.baseUrl + url, { ...options, headers })
  // The one place where the document is believed: what came is what it says of this operation.
  return { status: response.status, data: await response.json(), headers: response.headers } as Answer
}
