import { readFileSync } from 'node:fs'
import { root } from './root.ts'

const HELP = `Usage: dream-auth [--help | --version]

Starts the account service. Settings are environment variables, or lines of a .env file in the working directory;
without any it runs in embedded mode, for this machine alone, with its data in ./data.
README.md of the package lists them all: ${new URL('README.md', root).href}
`

/** What the program prints in place of starting, where it is given an argument. */
export function usage ([argument]: string[]): { text: string, exitCode: number } | undefined {
  switch (argument) {
    case undefined: return undefined
    case '--help': return { text: HELP, exitCode: 0 }
    case '--version': return { text: `${String(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version)}\n`, exitCode: 0 }
    default: return { text: HELP, exitCode: 1 }
  }
}
