import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { root } from '../../src/root.ts'

/** Which mode a test runs in: `any` where it builds no service, so that the mode makes no difference. */
export type Runs = 'both' | 'embedded' | 'server' | 'any'

/** A test with a title that can be read from its source. */
export interface TitledTest {
  /** Path in the repository. */
  file: string
  /** Without mode and ids; `…` stands for what is only known when it runs. */
  title: string
  ids: string[]
  runs: Runs
  /** Whether the title begins like one that names requirements, and yet does not name them properly. */
  malformed: boolean
}

const TITLE = /^(?:(?<mode>…(?:, [^:]*)?|embedded|server): )?(?:(?<ids>[A-Z]\d{1,2}(?:, [A-Z]\d{1,2})*): )?(?<rest>.*)$/s
const LIKE_AN_ID = /\b[A-Z]\d{1,2}\b/

/** Every test of the repository that is not switched off for good. */
export function readTests (): TitledTest[] {
  const files = readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })
  return files.filter(name => name.endsWith('.test.ts')).sort().flatMap(name => testsIn(`test/${name}`, readFileSync(new URL(`test/${name}`, root), 'utf8')))
}

/** The tests of one file: calls of `….test('title', …)` and of `promise('title', …)`, as helpers over them are called here. */
export function testsIn (file: string, text: string): TitledTest[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: TitledTest[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression) && !isOff(node)) {
      const title = literal(node.arguments[0])
      if (title !== undefined) found.push(titled(file, title, runsOf(node)))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function titled (file: string, text: string, runs: Runs): TitledTest {
  const { mode, ids, rest = text } = TITLE.exec(text)?.groups ?? {}
  const [head = '', tail] = rest.split(': ', 2)
  return {
    file,
    title: rest,
    ids: ids?.split(', ') ?? [],
    runs: mode === 'embedded' || mode === 'server' ? mode : runs,
    malformed: ids === undefined && tail !== undefined && LIKE_AN_ID.test(head)
  }
}

function isTest (callee: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text === 'test'
  return ts.isIdentifier(callee) && ['test', 'promise'].includes(callee.text)
}

/** What stands in the source, with a placeholder for each expression. */
function literal (node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined
  if (ts.isStringLiteralLike(node)) return node.text
  return ts.isTemplateExpression(node) ? node.head.text + node.templateSpans.map(span => `…${span.literal.text}`).join('') : undefined
}

/** The value of an option of a test; for `{ skip }` that of the variable. */
function option (call: ts.CallExpression, name: string): ts.Expression | undefined {
  for (const argument of call.arguments) {
    if (!ts.isObjectLiteralExpression(argument)) continue
    for (const property of argument.properties) {
      if (property.name === undefined || !ts.isIdentifier(property.name) || property.name.text !== name) continue
      if (ts.isPropertyAssignment(property)) return property.initializer
      if (ts.isShorthandPropertyAssignment(property)) return variable(call.getSourceFile(), name)
    }
  }
  return undefined
}

function variable (source: ts.SourceFile, name: string): ts.Expression | undefined {
  const declarations = source.statements.flatMap(statement => ts.isVariableStatement(statement) ? [...statement.declarationList.declarations] : [])
  return declarations.find(each => ts.isIdentifier(each.name) && each.name.text === name)?.initializer
}

/** A test that never runs, or whose failure does not count, proves nothing. */
function isOff (call: ts.CallExpression): boolean {
  const skip = option(call, 'skip')
  return option(call, 'todo') !== undefined || (skip !== undefined && (ts.isStringLiteralLike(skip) || skip.kind === ts.SyntaxKind.TrueKeyword))
}

function runsOf (call: ts.CallExpression): Runs {
  for (let node: ts.Node = call; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isForOfStatement(node) && ts.isIdentifier(node.expression) && node.expression.text === 'modes') return 'both'
    const condition = ts.isIfStatement(node) ? node.expression : ts.isCallExpression(node) && isTest(node.expression) ? option(node, 'skip') : undefined
    const [, only] = /\bmodes\.includes\('(embedded|server)'\)/.exec(condition?.getText() ?? '') ?? []
    if (only === 'embedded' || only === 'server') return only
  }
  return built(call) ?? 'any'
}

/** The one mode that a test names in its body, as in `build(t, 'embedded')`. */
function built (node: ts.Node): 'embedded' | 'server' | undefined {
  if (ts.isStringLiteral(node) && (node.text === 'embedded' || node.text === 'server')) return node.text
  return ts.forEachChild(node, built)
}
