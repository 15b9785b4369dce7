/**
 * A promise that is resolved from outside: for moments that others decide.
 *
 * @module
 */

/** A promise and the function that resolves it; only the first call counts. */
export interface Settleable<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
}

/** Makes a promise that is not resolved yet. */
export function settleable<Value>(): Settleable<Value> {
  let resolve: (value: Value) => void = () => undefined
  const promise = new Promise<Value>((onResolve) => {
    resolve = onResolve
  })
  return { promise, resolve }
}
