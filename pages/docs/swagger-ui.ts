// What of Swagger UI the page uses: the package has no types of its own.

export interface SwaggerAnswer { url: string, text?: string }
export interface SwaggerRequest {
  url: string
  method: string
  /** What sends it, in place of `fetch`. */
  userFetch?: typeof fetch
}
interface Security { name: string, schema: unknown, value: string }

export interface SwaggerUi {
  preauthorizeApiKey: (scheme: string, token: string) => void
  authActions: { authorize: (securities: Record<string, Security>) => void, logout: (schemes: string[]) => void }
  oas3Actions: {
    setRequestContentType: (type: { value: string, pathMethod: [path: string, method: string] }) => void
    setRequestBodyValue: (body: { value: string, pathMethod: [path: string, method: string] }) => void
  }
  layoutActions: { show: (thing: string[], shown: boolean) => void }
}

export interface SwaggerOptions {
  domNode: Element | null
  spec: OpenApi
  layout: 'BaseLayout'
  docExpansion: 'list'
  deepLinking: boolean
  tryItOutEnabled: boolean
  displayRequestDuration: boolean
  persistAuthorization: boolean
  validatorUrl: null
  requestInterceptor: (request: SwaggerRequest) => SwaggerRequest
  responseInterceptor: (answer: SwaggerAnswer) => SwaggerAnswer
  onComplete: () => void
}

interface Parameter { name: string, required?: boolean, example?: unknown }

export interface OpenApi {
  info: { description?: string }
  paths: Record<string, Record<string, { operationId?: string, tags?: string[], parameters?: Parameter[] }>>
}

declare global {
  interface Window { SwaggerUIBundle: (options: SwaggerOptions) => SwaggerUi }
}
