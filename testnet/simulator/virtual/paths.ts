/**
 * Paths on the simulated disk: from a root to what lies at their end.
 *
 * @module
 */

import { invariant } from '../../../protocol/index.ts'
import { Directory, type Item } from './directory.ts'

/** What lies at a path; undefined when nothing does. */
export function itemAt(root: Directory, path: string): Item | undefined {
  let item: Item | undefined = root
  for (const name of namesOf(path)) {
    if (!(item instanceof Directory)) return undefined
    item = item.names.get(name)
  }
  return item
}

/** The directory of a path; undefined when there is none. */
export function directoryAt(root: Directory, path: string): Directory | undefined {
  const item = itemAt(root, path)
  return item instanceof Directory ? item : undefined
}

/** The directory of a path, made with all that it lies in where it is not there. */
export function makeDirectory(
  root: Directory,
  path: string,
  { isDurable }: { readonly isDurable: boolean }
): Directory {
  let directory = root
  for (const name of namesOf(path)) {
    const found = directory.names.get(name)
    const next = found ?? new Directory()
    invariant(next instanceof Directory, `${path}: nothing but directories on the way`)
    if (found === undefined && isDurable) directory.place(name, next)
    else if (found === undefined) directory.change([[name, next]])
    directory = next
  }
  return directory
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}
