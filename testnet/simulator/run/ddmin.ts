/**
 * ddmin: the fewest of some items that still do it (Zeller and Hildebrandt, 2002).
 *
 * @module
 */

/**
 * Leaves items out as long as what is left still fails. The result is minimal in that no single
 * item can be left out, if the test had its way to the end.
 *
 * @param doesFail - asked about shorter lists only; all items together are known to fail
 */
export async function ddmin<Item>(
  items: readonly Item[],
  doesFail: (items: readonly Item[]) => Promise<boolean>
): Promise<readonly Item[]> {
  let left = items
  let parts = 2
  while (left.length > 0) {
    const size = Math.ceil(left.length / parts)
    const smaller = await firstSmaller(left, size, doesFail)
    if (smaller !== undefined) {
      left = smaller
      parts = Math.max(2, parts - 1)
    } else if (size === 1) break
    else parts = Math.min(left.length, 2 * parts)
  }
  return left
}

async function firstSmaller<Item>(
  items: readonly Item[],
  size: number,
  doesFail: (items: readonly Item[]) => Promise<boolean>
): Promise<readonly Item[] | undefined> {
  for (let at = 0; at < items.length; at += size) {
    const rest = [...items.slice(0, at), ...items.slice(at + size)]
    if (await doesFail(rest)) return rest
  }
  return undefined
}
