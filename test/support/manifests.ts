import { createRequire } from 'node:module'
import { parseAllDocuments } from 'yaml'
import { file } from '../helper.ts'

/** What a document of YAML or JSON holds, to be looked into without knowing its type. */
export class Tree {
  readonly value: unknown

  constructor (value: unknown) { this.value = value }

  /** What is at the end of a path; `undefined` in its value where there is nothing. */
  at (...path: Array<string | number>): Tree {
    return new Tree(path.reduce<unknown>((value, key) => typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined, this.value))
  }

  get keys (): string[] { return typeof this.value === 'object' && this.value !== null ? Object.keys(this.value) : [] }
  get items (): Tree[] { return Array.isArray(this.value) ? this.value.map(value => new Tree(value)) : [] }
  get text (): string { return this.value === undefined ? '' : String(this.value) }
}

/** The documents of a file of YAML, which must be sound. */
export function documents (name: string): Tree[] {
  return parseAllDocuments(file(name)).map(document => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors.join(', ')}`)
    return new Tree(document.toJS())
  })
}

const load = createRequire(import.meta.url)

/** Checks a manifest against the schema of its kind; throws where it does not fit. */
export function checkKubernetes (manifest: Tree): void {
  const [version = '', group = 'v1'] = manifest.at('apiVersion').text.split('/').reverse()
  const path = group === 'v1' ? version : `${group.includes('.') || ['apps', 'batch', 'policy', 'autoscaling'].includes(group) ? group : ''}/${version}`
  const Model = load(`kubernetes-models/${path}/${manifest.at('kind').text}`)[manifest.at('kind').text]
  new Model(manifest.value).validate()
}

/** The arguments of an instruction in exec form, its last one in the file: `CMD ["node", …]`. */
export function execForm (dockerfile: string, instruction: RegExp): string[] {
  const [, list = '[]'] = [...dockerfile.replaceAll('\\\n', '').matchAll(new RegExp(`^${instruction.source}(\\[.*\\])$`, 'gm'))].at(-1) ?? []
  return JSON.parse(list)
}
