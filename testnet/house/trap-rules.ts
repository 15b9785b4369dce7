/**
 * The rule of the table of traps: every test, scenario and mutant that it names is there.
 *
 * @module
 */

/** What the table can point at: texts by their paths, undefined for a file that is not there. */
export type ReadText = (path: string) => string | undefined

/** The heading under which the table stands. */
const HEADING = '## Traps'
/** `a/b.test.ts` and, behind it, the name of a test in it. */
const POINTER = /^`([^`]+)`(?:: (.+))?$/

/** The rows of the table: each trap with what it points at. */
export function trapRows(
  document: string
): { readonly trap: string; readonly pointers: readonly string[] }[] {
  const [, section = ''] = document.split(`\n${HEADING}\n`)
  const lines = (section.split('\n## ')[0] ?? '').split('\n')
  return lines
    .filter((line) => line.startsWith('| ') && !line.startsWith('| trap |'))
    .map((line) => {
      const [trap = '', tests = ''] = line.slice(2, -2).split(' | ')
      return { trap, pointers: tests.split('<br>').map((pointer) => pointer.trim()) }
    })
}

/** Rows that name no test, and tests, scenarios and mutants that are not there. */
export function emptyPromises(document: string, readText: ReadText): string[] {
  return trapRows(document).flatMap(({ trap, pointers }) =>
    pointers
      .map((pointer) => ({ pointer, fault: faultOf(pointer, readText) }))
      .filter(({ fault }) => fault !== undefined)
      .map(({ pointer, fault }) => `${trap}: ${pointer} ${fault}`)
  )
}

function faultOf(pointer: string, readText: ReadText): string | undefined {
  const [, path, name] = POINTER.exec(pointer) ?? []
  if (path === undefined) return 'points at nothing'
  const text = readText(path)
  if (text === undefined) return 'is not there'
  // A scenario is a test as a whole; of anything else one thing is named, in quotes of its own.
  if (path.endsWith('.txt')) return name === undefined ? undefined : 'names a part of a scenario'
  if (name === undefined) return 'names no test'
  const isThere = ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))
  return isThere ? undefined : 'has no such test'
}
