import { defineConfig } from '@kubb/core'
import { pluginClient } from '@kubb/plugin-client'
import { pluginOas } from '@kubb/plugin-oas'
import { pluginTs } from '@kubb/plugin-ts'

export default defineConfig({
  input: { path: 'openapi.yaml' },
  output: { path: 'generated', format: false, lint: false, extension: { '.ts': '.ts' } },
  plugins: [
    pluginOas({ validate: false, generators: [] }),
    pluginTs({ output: { path: 'types' }, enumType: 'literal' }),
    // Its own fetch client takes a refusal for a success, and sends no content type.
    pluginClient({ output: { path: 'client' }, importPath: '../../fetch.ts' })
  ]
})
