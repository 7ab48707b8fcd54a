'use strict'

/**
 * Fastify compiles each schema anew for each service that is built, which is nearly half of what that costs, and a test file builds many. Bundled tests (test/bundle.mjs)
 * compile one only once in a process: a validator or serializer keeps nothing between two calls that anybody reads later.
 *
 * @param select what @fastify/ajv-compiler or @fastify/fast-json-stringify-compiler exports
 */
module.exports = select => {
  const build = select()
  const builders = new Map()
  return () => (models, options) => once(builders, JSON.stringify([models, options]), () => {
    const compile = build(models, options)
    const compiled = new Map()
    return route => once(compiled, JSON.stringify(route.schema), () => compile(route))
  })
}

function once (known, key, make) {
  if (!known.has(key)) known.set(key, make())
  return known.get(key)
}
