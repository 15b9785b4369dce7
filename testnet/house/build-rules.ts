/**
 * The rule of the build: nothing runs that no source stands behind.
 *
 * @module
 */

/** What is bundled from the modules has no source of its own. */
const BUNDLES = 'dist/node/dashboard/public/'

/** Built modules whose source is gone. */
export function staleOutput(built: readonly string[], sources: readonly string[]): string[] {
  const standing = new Set(sources)
  return built
    .filter((path) => path.endsWith('.js') && !path.startsWith(BUNDLES))
    .filter((path) => {
      const module = path.replace(/^dist\//, '').replace(/\.js$/, '')
      return !standing.has(`${module}.ts`) && !standing.has(`${module}.tsx`)
    })
}
