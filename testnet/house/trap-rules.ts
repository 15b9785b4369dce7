/**
 * The rule of the tables of traps and of attacks: every test, scenario and mutant that they name is there.
 *
 * @module
 */

/** What the table can point at: texts by their paths, undefined for a file that is not there. */
export type ReadText = (path: string) => string | undefined

/** `a/b.test.ts` and, behind it, the name of a test in it. */
const POINTER = /^`([^`]+)`(?:: (.+))?$/

/** The rows of the tables under a heading: what each is about, in its first cell, and what its last points at. */
export function trapRows(
  document: string,
  heading = 'Traps'
): { readonly trap: string; readonly pointers: readonly string[] }[] {
  const [, section = ''] = document.split(`\n## ${heading}\n`)
  const lines = (section.split('\n## ')[0] ?? '').split('\n')
  return lines
    .filter((line, index) => line.startsWith('| ') && !lines[index + 1]?.startsWith('|---'))
    .map((line) => {
      const cells = line.slice(2, -2).split(' | ')
      const pointers = (cells.at(-1) ?? '').split('<br>').map((pointer) => pointer.trim())
      return { trap: cells[0] ?? '', pointers: cells.length > 1 ? pointers : [''] }
    })
}

/** Rows that name no test, and tests, scenarios and mutants that are not there. */
export function emptyPromises(document: string, readText: ReadText, heading = 'Traps'): string[] {
  return trapRows(document, heading).flatMap(({ trap, pointers }) =>
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
