export default {
  dream: {
    input: 'openapi.yaml',
    output: { target: 'generated/client.ts', client: 'fetch', override: { mutator: { path: 'fetch.ts', name: 'send' } } }
  }
}
