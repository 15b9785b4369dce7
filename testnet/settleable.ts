/**
 * A promise that is settled from outside.
 *
 * @module
 */

/** A promise, and the function that fulfils it. */
export function settleable<Value>(): {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
} {
  let resolve: (value: Value) => void = () => undefined
  const promise = new Promise<Value>((onResolve) => {
    resolve = onResolve
  })
  return { promise, resolve }
}
