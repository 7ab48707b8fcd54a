/** A generator from npm, and how a client is made with it. What it writes goes to `generated/`; `drivers/<name>/` holds what uses that. */
export interface Generator {
  name: string
  /** Exact versions, the generator's first. The last that run on Node 20. */
  packages: string[]
  /** Its command and arguments, in a folder with `openapi.yaml` and what `drivers/<name>/` holds. */
  command: string[]
  /** What becomes of an answer of another HTTP status than 200. */
  refusal: 'a value' | 'thrown'
}

/** All of them are independent of one another. */
export const generators: Generator[] = [
  {
    name: 'openapi-fetch',
    packages: ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0'],
    command: ['openapi-typescript', 'openapi.yaml', '--output', 'generated/schema.ts'],
    refusal: 'a value'
  },
  {
    name: 'hey-api',
    packages: ['@hey-api/openapi-ts@0.95.0'],
    command: ['openapi-ts', '--input', 'openapi.yaml', '--output', 'generated', '--client', '@hey-api/client-fetch', '--no-log-file'],
    refusal: 'a value'
  },
  {
    name: 'orval',
    packages: ['orval@7.13.2'],
    command: ['orval', '--config', 'orval.config.ts'],
    refusal: 'a value'
  },
  {
    name: 'kubb',
    packages: ['@kubb/cli@4.39.3', '@kubb/core@4.39.3', '@kubb/plugin-oas@4.39.3', '@kubb/plugin-ts@4.39.3', '@kubb/plugin-client@4.39.3'],
    command: ['kubb', 'generate', '--config', 'kubb.config.mjs'],
    refusal: 'thrown'
  },
  {
    name: 'swagger-typescript-api',
    packages: ['swagger-typescript-api@13.13.0'],
    command: ['swagger-typescript-api', 'generate', '--path', 'openapi.yaml', '--output', 'generated', '--name', 'client.ts'],
    refusal: 'thrown'
  },
  {
    name: 'oazapfts',
    packages: ['oazapfts@7.5.0', '@oazapfts/runtime@1.2.0'],
    command: ['oazapfts', 'openapi.yaml', 'generated/client.ts'],
    refusal: 'a value'
  },
  {
    name: 'zodios',
    packages: ['openapi-zod-client@1.18.3', '@zodios/core@10.9.6', 'axios@1.21.1', 'zod@3.25.76'],
    command: ['openapi-zod-client', 'openapi.yaml', '--output', 'generated/client.ts', '--export-schemas'],
    refusal: 'thrown'
  }
]
