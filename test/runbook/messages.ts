import ts from 'typescript'

/** What a program may log at warn or above. */
export interface Messages {
  /** `…` stands for what is only known when it runs. */
  messages: Set<string>
  /** Expressions that say nothing about the text. */
  unreadable: Set<string>
}

const LEVELS = ['warn', 'error', 'fatal']

/** The place of the text among the arguments, by the name of what is called. */
type Sinks = Map<string, number>

/** Reads the messages of sources: of calls of a log, of `report(…, 'message')`, and of whatever hands a parameter on to one of these. */
export function messagesIn (texts: string[]): Messages {
  const sources = texts.map(text => ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true))
  const sinks: Sinks = new Map([['report', 1]])
  const found: Messages = { messages: new Set(), unreadable: new Set() }
  // Until no function more is known that hands a text on.
  for (let known = 0; known < sinks.size;) {
    known = sinks.size
    for (const source of sources) visit(source, sinks, found)
  }
  return found
}

function visit (node: ts.Node, sinks: Sinks, found: Messages): void {
  if (ts.isCallExpression(node)) {
    const message = messageOf(node, sinks)
    if (message !== undefined) read(message, sinks, found)
  }
  ts.forEachChild(node, child => { visit(child, sinks, found) })
}

/** The argument of a call that is the text. */
function messageOf ({ expression, arguments: given }: ts.CallExpression, sinks: Sinks): ts.Expression | undefined {
  if (isLoud(expression)) return given[0] !== undefined && (isText(given[0]) || given.length === 1) ? given[0] : given[1]
  const name = ts.isIdentifier(expression) ? expression.text : ts.isPropertyAccessExpression(expression) ? expression.name.text : ''
  const place = sinks.get(name)
  const message = place === undefined ? undefined : given[place]
  // Others may have a method of the same name.
  return name === 'report' || (message !== undefined && isText(message)) ? message : undefined
}

/** `log.warn`, `app.log.error`, `log[again ? 'debug' : 'warn']`. */
function isLoud (callee: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(callee) && !ts.isElementAccessExpression(callee)) return false
  if (!/(^|\.)log(ger)?$/.test(callee.expression.getText())) return false
  if (ts.isPropertyAccessExpression(callee)) return LEVELS.includes(callee.name.text)
  return LEVELS.some(level => callee.argumentExpression.getText().includes(`'${level}'`))
}

const isText = (node: ts.Expression): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)

function read (node: ts.Expression, sinks: Sinks, { messages, unreadable }: Messages): void {
  if (ts.isStringLiteralLike(node)) messages.add(node.text)
  else if (ts.isTemplateExpression(node)) messages.add(node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join(''))
  else if (!handedOn(node, sinks)) unreadable.add(node.getText())
}

/** Whether the text is a parameter: then who calls the function gives it. */
function handedOn (node: ts.Expression, sinks: Sinks): boolean {
  if (!ts.isIdentifier(node)) return false
  for (let around: ts.Node = node; !ts.isSourceFile(around); around = around.parent) {
    if (!ts.isFunctionLike(around)) continue
    const place = around.parameters.findIndex(({ name }) => name.getText() === node.text)
    if (place < 0) continue
    const named = around.name ?? (ts.isVariableDeclaration(around.parent) || ts.isPropertyAssignment(around.parent) ? around.parent.name : undefined)
    if (named !== undefined) sinks.set(named.getText(), place)
    return true
  }
  return false
}
