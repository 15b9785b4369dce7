/**
 * Nearest name: what somebody probably meant by a misspelt key.
 *
 * @module
 */

const NAME_COMPARED_MAX_CHARACTERS = 64

/** Letter case, dots, dashes and underscores are habits, not spelling. */
function bare(name: string): string {
  return name
    .slice(0, NAME_COMPARED_MAX_CHARACTERS)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}

/** Edits from one text to the other; a swap of two neighbours counts as one (optimal alignment). */
function distance(left: string, right: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1]
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const edits = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1)
      )
      current.push(isSwap ? Math.min(edits, (beforePrevious[column - 2] ?? edits) + 1) : edits)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.length] ?? left.length
}

/** The candidate closest to `name`, or undefined when none is close enough to be meant. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = bare(name)
  let nearest: string | undefined
  let nearestEdits = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const offered = bare(candidate)
    const edits = distance(wanted, offered)
    const editsMax = Math.floor(Math.max(wanted.length, offered.length) / 3)
    if (edits <= editsMax && edits < nearestEdits) {
      nearest = candidate
      nearestEdits = edits
    }
  }
  return nearest
}
