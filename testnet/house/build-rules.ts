/**
 * The rule of the build: nothing runs that no source stands behind.
 *
 * @module
 */

/** Built modules whose source is gone. */
export function staleOutput(built: readonly string[], sources: readonly string[]): string[] {
  const standing = new Set(sources)
  return built
    .filter((path) => path.endsWith('.js'))
    .filter((path) => !standing.has(path.replace(/^dist\//, '').replace(/\.js$/, '.ts')))
}
