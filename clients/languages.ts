import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { output, own } from './workshop.ts'

/** The last OpenAPI Generator that npm carries whole, of 2020: later ones are fetched from elsewhere when they first run. */
export const GENERATOR = '@openapitools/openapi-generator-cli@1.0.18-4.3.1'

/** What OpenAPI Generator makes of the flattened document in a language. What cannot be compiled here has no `build`. */
export interface Language {
  name: string
  /** The arguments of the generator. */
  options: string[]
  /** What it takes to compile and to run it: a file, and the Debian package that has it. */
  needs?: Record<string, string>
  /** Compiles the client in `generated/` with what drives it; gives the command that runs both. */
  build?: (folder: string) => Promise<[command: string, ...args: string[]]>
}

const JARS = ['okhttp', 'okio', 'gson', 'bcprov', 'kotlin-reflect'].map(name => `/usr/share/java/${name}.jar`)

async function buildKotlin (folder: string): Promise<[string, ...string[]]> {
  cpSync(own('clients/drivers/kotlin/Drive.kt'), join(folder, 'Drive.kt'))
  const sources = readdirSync(join(folder, 'generated/src/main'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.kt'))
  const jar = join(folder, 'drive.jar')
  await output('kotlinc', ['-nowarn', '-include-runtime', '-classpath', JARS.join(':'), '-d', jar, 'Drive.kt', ...sources.map(name => join('generated/src/main', name))], folder)
  return ['java', '-classpath', [jar, ...JARS].join(':'), 'DriveKt']
}

async function buildPython (folder: string): Promise<[string, ...string[]]> {
  cpSync(own('clients/drivers/python/drive.py'), join(folder, 'generated/drive.py'))
  // Debian's own, as Debian's packages are what it needs.
  await output('/usr/bin/python3', ['-m', 'compileall', '-q', 'generated'], folder)
  return ['/usr/bin/python3', join(folder, 'generated/drive.py')]
}

export const languages: Language[] = [
  {
    name: 'kotlin',
    options: ['-g', 'kotlin', '--library', 'jvm-okhttp3', '--additional-properties', 'serializationLibrary=gson,dateLibrary=string'],
    needs: {
      '/usr/bin/kotlinc': 'kotlin',
      '/usr/share/java/okhttp.jar': 'libokhttp-java',
      '/usr/share/java/gson.jar': 'libgoogle-gson-java',
      '/usr/share/java/bcprov.jar': 'libbcprov-java'
    },
    build: buildKotlin
  },
  {
    name: 'python',
    options: ['-g', 'python'],
    needs: Object.fromEntries(['urllib3', 'dateutil', 'certifi'].map(name => [`/usr/lib/python3/dist-packages/${name}`, `python3-${name}`])),
    build: buildPython
  },
  { name: 'swift', options: ['-g', 'swift5'] },
  { name: 'dart', options: ['-g', 'dart'] }
]

/** The Debian packages whose files are missing. */
export function missing ({ needs = {} }: Language): string[] {
  return Object.entries({ '/usr/bin/java': 'default-jre-headless', ...needs }).flatMap(([file, name]) => existsSync(file) ? [] : [name])
}

/** Has the generator make a client of a document. @param tools a folder in which `GENERATOR` is installed */
export async function generateIn ({ options }: Language, tools: string, folder: string, document: unknown): Promise<void> {
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(document))
  const jar = join(tools, 'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar')
  await output('java', ['-jar', jar, 'generate', '-i', 'openapi.json', '-o', 'generated', ...options], folder)
}
