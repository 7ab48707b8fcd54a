import ts from 'typescript'

/** What the service may say when it does not start: the text of every `ConfigError`, and of `refuse`. `…` stands for what is only known then. */
export function refusalsIn (texts: string[]): Set<string> {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (isRefusal(node)) {
      const [text] = node.arguments ?? []
      if (text !== undefined && ts.isStringLiteralLike(text)) found.add(text.text)
      if (text !== undefined && ts.isTemplateExpression(text) && text.head.text !== '') found.add(text.head.text + text.templateSpans.map(({ literal }) => `…${literal.text}`).join(''))
    }
    ts.forEachChild(node, visit)
  }
  for (const text of texts) visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true))
  return found
}

function isRefusal (node: ts.Node): node is ts.NewExpression | ts.CallExpression {
  if (ts.isNewExpression(node)) return node.expression.getText() === 'ConfigError'
  return ts.isCallExpression(node) && node.expression.getText() === 'refuse' && node.getSourceFile().text.includes('dream-auth cannot start')
}
