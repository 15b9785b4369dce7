/**
 * Rest: the moment between two events of a simulated world.
 *
 * @module
 */

/** Resolves when nothing is left that can go on without the next event. */
export function rest(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
